/** The simulated key-value store: batches are atomic, and durable when their sync is done. */
import { AppError, assert, type KeyValueChange, type KeyValuePair, type KeyValueStore, type Random } from '@hapax/base';
import type { Host } from './host.ts';

/** How the machine of a store goes down. */
export interface StoreCrash {
  readonly powerLoss: boolean;
  readonly random: Random;
}

/**
 * A store that loses, with a loss of power, the batches that were not yet synced, but for a first part of them: a batch
 * may be on the disk before anybody was told so.
 */
export class SimStore implements KeyValueStore {
  private readonly host: Host;
  private readonly syncDelayMs: () => number;
  private visible = new Map<string, Uint8Array>();
  private durable = new Map<string, Uint8Array>();
  private readonly rotten = new Map<string, { readonly position: number; readonly bits: number }>();
  private unsynced: (readonly KeyValueChange[])[] = [];
  /** What is to be done when writes are, oldest first. */
  private writing: (() => void)[] = [];
  private lastDoneMs = 0;
  private failsAfter: number | undefined;
  private failure: AppError | undefined;
  private onFailure: () => void = () => {};

  constructor(host: Host, syncDelayMs: () => number) {
    this.host = host;
    this.syncDelayMs = syncDelayMs;
  }

  readRange(from: string, to: string, done: (error: undefined, pairs: readonly KeyValuePair[]) => void): void {
    this.host.defer(() => {
      const pairs = [...this.visible]
        .filter(([key]) => key >= from && key < to)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, value]) => ({ key, value: this.read(key, value) }));
      done(undefined, pairs);
    });
  }

  write(
    changes: readonly KeyValueChange[], options: { readonly sync: boolean }, done: (error?: AppError) => void,
  ): void {
    this.maybeFail();
    const { failure } = this;
    if (failure !== undefined) {
      this.whenDone(0, () => {
        this.onFailure();
        done(failure);
      });
      return;
    }
    applyTo(this.visible, changes);
    for (const { key } of changes) this.rotten.delete(key);
    this.unsynced.push(changes);
    this.whenDone(options.sync ? this.syncDelayMs() : 0, () => {
      if (options.sync) this.sync(changes);
      done();
    });
  }

  /**
   * Lets a write fail after `after` more have gone well, and then all others: there would be a hole. `onFailure` is
   * called before its owner is told.
   */
  failWrites(after: number, onFailure: () => void = () => {}): void {
    this.failsAfter = after;
    this.onFailure = onFailure;
  }

  /** Whether a failure that was asked for has struck. */
  get hasFailed(): boolean {
    return this.failure !== undefined;
  }

  /** Takes a failure back. */
  clearFaults(): void {
    this.failsAfter = undefined;
    this.failure = undefined;
  }

  /** Keys that are durable, in order. */
  durableKeys(): readonly string[] {
    return [...this.durable.keys()].sort();
  }

  /** The durable bytes of a key. */
  durableValue(key: string): Uint8Array | undefined {
    return this.durable.get(key);
  }

  /** Whether a value reads otherwise than it was written. */
  get isRotten(): boolean {
    return this.rotten.size > 0;
  }

  /**
   * Lets a byte of a value read otherwise than it was written, until it is written anew or the returned function is
   * called: `bits` is combined with it by exclusive or.
   */
  rot(key: string, position: number, bits: number): () => void {
    const rot = { position, bits };
    assert(position < (this.durable.get(key)?.length ?? 0), `the store has no byte ${position} of ${key}`);
    this.rotten.set(key, rot);
    return () => {
      if (this.rotten.get(key) === rot) this.rotten.delete(key);
    };
  }

  /** The process dies; with a loss of power, so does what was not synced. */
  crash({ powerLoss, random }: StoreCrash): void {
    this.clearFaults();
    if (powerLoss) {
      const kept = random.nextInt(this.unsynced.length + 1);
      for (const batch of this.unsynced.slice(0, kept)) applyTo(this.durable, batch);
      this.visible = new Map(this.durable);
    } else {
      this.durable = new Map(this.visible);
    }
    this.unsynced = [];
    this.writing = [];
  }

  /** Writes are done in order, as in LevelDB: a later one is never durable before an earlier one. */
  private whenDone(delayMs: number, done: () => void): void {
    const { trueNowMs } = this.host;
    this.lastDoneMs = Math.max(this.lastDoneMs, trueNowMs + delayMs);
    this.writing.push(done);
    // Times that should be equal may differ in their last bit: whose is first does not matter.
    this.host.afterTrue(this.lastDoneMs - trueNowMs, () => this.writing.shift()?.());
  }

  private read(key: string, value: Uint8Array): Uint8Array {
    const rot = this.rotten.get(key);
    if (rot === undefined) return value;
    const bytes = value.slice();
    bytes[rot.position] = (bytes[rot.position] as number) ^ rot.bits;
    return bytes;
  }

  private maybeFail(): void {
    if (this.failsAfter === undefined || this.failsAfter-- > 0) return;
    this.failsAfter = undefined;
    const message = 'a batch could not be written, as the fault asked for';
    this.failure = new AppError('store-failed', message, { retriable: false, definite: false });
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
