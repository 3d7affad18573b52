/** The simulated key-value store: batches are atomic, and durable when their sync is done. */
import type { KeyValueChange, KeyValuePair, KeyValueStore } from '@hapax/base';
import type { Host } from './host.ts';

/** A store that loses, with a loss of power, the batches that were not yet synced. */
export class SimStore implements KeyValueStore {
  private readonly host: Host;
  private readonly syncDelayMs: () => number;
  private visible = new Map<string, Uint8Array>();
  private durable = new Map<string, Uint8Array>();
  private unsynced: (readonly KeyValueChange[])[] = [];
  private lastDoneMs = 0;

  constructor(host: Host, syncDelayMs: () => number) {
    this.host = host;
    this.syncDelayMs = syncDelayMs;
  }

  readRange(from: string, to: string, done: (error: undefined, pairs: readonly KeyValuePair[]) => void): void {
    this.host.defer(() => {
      const pairs = [...this.visible]
        .filter(([key]) => key >= from && key < to)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, value]) => ({ key, value }));
      done(undefined, pairs);
    });
  }

  write(changes: readonly KeyValueChange[], options: { readonly sync: boolean }, done: () => void): void {
    applyTo(this.visible, changes);
    this.unsynced.push(changes);
    const { unsynced } = this;
    // Writes are done in order, as in LevelDB: a later one is never durable before an earlier one.
    this.lastDoneMs = Math.max(this.lastDoneMs, this.host.trueNowMs + (options.sync ? this.syncDelayMs() : 0));
    this.host.afterTrue(this.lastDoneMs - this.host.trueNowMs, () => {
      if (options.sync && this.unsynced === unsynced) this.sync(changes);
      done();
    });
  }

  /** The process dies; with a loss of power, so does what was not synced. */
  crash(options: { readonly powerLoss: boolean }): void {
    if (options.powerLoss) this.visible = new Map(this.durable);
    else this.durable = new Map(this.visible);
    this.unsynced = [];
  }

  private sync(changes: readonly KeyValueChange[]): void {
    const upTo = this.unsynced.indexOf(changes);
    for (const batch of this.unsynced.splice(0, upTo + 1)) applyTo(this.durable, batch);
  }
}

function applyTo(map: Map<string, Uint8Array>, changes: readonly KeyValueChange[]): void {
  for (const change of changes) {
    if (change.type === 'put') map.set(change.key, change.value);
    else map.delete(change.key);
  }
}
