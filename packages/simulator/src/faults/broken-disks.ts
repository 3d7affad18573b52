/** Disks that were made to fail or to be slow, and S2: a node whose disk has failed to sync does not go on. */
import type { VirtualTime } from '@hapax/testkit';
import { demand } from '../invariants/violation.ts';
import type { SimNode } from '../sim-node.ts';

/** A disk whose sync or write was made to fail. */
interface BrokenDisk {
  readonly life: number;
  /** When the failure was handed to the node; undefined while it has not struck. */
  struckMs: number | undefined;
  readonly onStruck: () => void;
}

/** What is wrong with the disks of a run. */
export class BrokenDisks {
  private readonly time: VirtualTime;
  private readonly broken = new Map<SimNode, BrokenDisk>();
  private readonly slow = new Map<SimNode, number[]>();

  constructor(time: VirtualTime) {
    this.time = time;
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

  /** Lets a sync fail, after `after` more of them have gone well. `onStruck` is called once it has. */
  failSync(node: SimNode, after: number, onStruck: () => void): void {
    node.disk.failOnce('sync', after);
    this.broken.set(node, { life: node.life, struckMs: undefined, onStruck });
  }

  /** Whether a node has a reason to stop itself. */
  mayFailStop(node: SimNode): boolean {
    const disk = this.broken.get(node);
    if (disk?.life !== node.life) return false;
    if (disk.struckMs === undefined) disk.onStruck();
    disk.struckMs ??= this.time.nowMs;
    return true;
  }

  /** S2. */
  checkNow(): void {
    for (const [node, disk] of this.broken) {
      if (!node.isUp || node.life !== disk.life) {
        this.broken.delete(node);
        continue;
      }
      if (node.disk.hasFault('sync')) continue;
      if (disk.struckMs === undefined) disk.onStruck();
      disk.struckMs ??= this.time.nowMs;
      const { struckMs } = disk;
      demand(this.time.nowMs - struckMs < STOP_WITHIN_MS || node.host.isPaused, 'S2', () =>
        `node ${node.id} goes on after a sync that failed at ${struckMs} ms`);
    }
  }

  /** The disk of a node is as good as new. */
  mend(node: SimNode): void {
    node.disk.clearFaults();
    node.disk.capacityBytes = Number.MAX_SAFE_INTEGER;
    this.slow.delete(node);
    this.broken.delete(node);
  }
}

const STOP_WITHIN_MS = 5000;
