/** Disks that were made to fail, to rot or to be slow, and S2: a node whose disk has failed does not go on. */
import type { DiskOperation, VirtualTime } from '@hapax/testkit';
import type { ClusterWatch } from '../cluster-watch.ts';
import { demand } from '../invariants/violation.ts';
import type { SimNode } from '../sim-node.ts';

/** A failure that was asked for. */
interface AskedFailure {
  readonly life: number;
  readonly onStruck: () => void;
}

/** What is wrong with the disks of a run. */
export class BrokenDisks {
  private readonly time: VirtualTime;
  private readonly watch: ClusterWatch;
  private readonly asked = new Map<SimNode, AskedFailure>();
  private readonly struckMs = new Map<SimNode, { readonly life: number; readonly ms: number }>();
  private readonly slow = new Map<SimNode, number[]>();
  private damagedNode: SimNode | undefined;

  constructor(time: VirtualTime, watch: ClusterWatch) {
    this.time = time;
    this.watch = watch;
    watch.onDiskFailure = (node) => this.onFailure(node);
  }

  /** How many times slower than usual a node's disk is. */
  slowness(node: SimNode): number {
    return Math.max(1, ...(this.slow.get(node) ?? []));
  }

  /** Makes a disk slow, until the returned function is called. */
  slowDown(node: SimNode, times: number): () => void {
    this.slow.set(node, [...(this.slow.get(node) ?? []), times]);
    return () => {
      const left = this.slow.get(node) ?? [];
      left.splice(left.indexOf(times), 1);
    };
  }

  /** Lets an operation fail, after `after` more of its kind have gone well. `onStruck` is called once it has. */
  fail(node: SimNode, operation: DiskOperation | 'store', after: number, onStruck: () => void): void {
    if (operation === 'store') node.store.failWrites(after, () => this.watch.onDiskFailed(node, 'store'));
    else node.disk.failOnce(operation, after);
    this.asked.set(node, { life: node.life, onStruck });
  }

  /** Of all nodes one may have damage: the others have what it loses. False where it is another one. */
  mayDamage(node: SimNode): boolean {
    return this.damagedNode === undefined || this.damagedNode === node;
  }

  /** Something on a node's disk is not as it was written. */
  damaged(node: SimNode): void {
    this.damagedNode = node;
  }

  /** Whether a node has a reason to stop itself. */
  mayFailStop(node: SimNode): boolean {
    return this.damagedNode === node || this.watch.diskFailure(node) !== undefined;
  }

  /** What a failed write or sync has not written is gone; of a read, or of damage, a new process is enough. */
  losesPower(node: SimNode): boolean {
    const failure = this.watch.diskFailure(node);
    return failure !== undefined && failure !== 'read';
  }

  /** S2. */
  checkNow(): void {
    for (const [node, { life, ms }] of this.struckMs) {
      if (!node.isUp || node.life !== life) this.struckMs.delete(node);
      else demand(this.time.nowMs - ms < STOP_WITHIN_MS || node.host.isPaused, 'S2', () =>
        `node ${node.id} goes on after its disk has failed at ${ms} ms`);
    }
  }

  /** The disk of a node is as good as new. */
  mend(node: SimNode): void {
    node.disk.clearFaults();
    node.disk.resumeSyncs();
    node.store.clearFaults();
    node.disk.capacityBytes = Number.MAX_SAFE_INTEGER;
    this.slow.delete(node);
    this.asked.delete(node);
  }

  private onFailure(node: SimNode): void {
    this.struckMs.set(node, { life: node.life, ms: this.time.nowMs });
    const asked = this.asked.get(node);
    if (asked?.life === node.life) asked.onStruck();
  }
}

const STOP_WITHIN_MS = 5000;
