/** R10: a snapshot at an index is what the replay of all entries up to it gives, committed ones alone. */
import type { LogIndex, NodeId } from '@hapax/base';
import { ClusterImage, copyImage, decodeBatch, encodeImage } from '@hapax/metadata';
import type { Entry } from '@hapax/raft';
import { demand } from './violation.ts';

/** The first snapshot of a cluster stands here, and is of nothing. */
const BOOTSTRAP_INDEX = 1;

/** The ghost of the state machine: every command that was applied, and what they make. */
export class SnapshotInvariants {
  private readonly commands = new Map<LogIndex, Uint8Array>();
  private readonly states = new Map<LogIndex, Uint8Array>();
  /** Of the latest snapshots, in the order of their indexes. */
  private readonly images: { readonly index: LogIndex; readonly image: ClusterImage }[] = [];

  /** A node applies committed commands. */
  onApply(entries: readonly Entry[]): void {
    for (const { index, data } of entries) if (!this.commands.has(index)) this.commands.set(index, data.slice());
  }

  /** A node has written a snapshot, or sends one. `appliedMax`: how far any node has applied. */
  onSnapshot(node: NodeId, index: LogIndex, data: Uint8Array, appliedMax: LogIndex): void {
    demand(index <= Math.max(appliedMax, BOOTSTRAP_INDEX), 'R10', () =>
      `node ${node} has a snapshot at ${index}, committed is up to ${appliedMax}`);
    if (index <= BOOTSTRAP_INDEX) return;
    const expected = this.stateAt(index);
    demand(isEqual(data, expected), 'R10', () =>
      `the snapshot of node ${node} at ${index} is not what the log gives (${data.length}, ${expected.length} bytes)`);
  }

  private stateAt(index: LogIndex): Uint8Array {
    const known = this.states.get(index);
    if (known !== undefined) return known;
    const from = this.images.findLast((one) => one.index <= index);
    const image = from === undefined
      ? new ClusterImage({ trackChanges: false })
      : copyImage(from.image, { trackChanges: false });
    for (let at = (from?.index ?? 0) + 1; at <= index; at++) {
      const command = this.commands.get(at);
      if (command !== undefined) image.replay(decodeBatch(command), { offset: at, timestampMs: 0 });
    }
    image.passOver(index);
    const state = encodeImage(image);
    this.states.set(index, state);
    this.images.push({ index, image });
    this.images.sort((one, other) => one.index - other.index);
    if (this.images.length > IMAGES_MAX) this.images.shift();
    return state;
  }
}

/** Nodes are not far from each other: what lags further than that is replayed from the beginning. */
const IMAGES_MAX = 12;

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
