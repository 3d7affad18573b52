/** What a reader has received so far, and waiting for it: conditions are looked at with every record. */
import { WAIT_MS } from './limits.ts';
import type { Received } from './record.ts';

interface Waiter {
  readonly isMet: () => boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Records of one reader in the order in which they came, and the failure that ended it, if any. */
export class Inbox {
  readonly received: Received[] = [];
  private failure: Error | undefined;
  private readonly waiters = new Set<Waiter>();

  receive(record: Received): void {
    this.received.push(record);
    this.look();
  }

  /** The reader is broken: everybody who waits hears of it. */
  fail(error: Error): void {
    this.failure ??= error;
    this.look();
  }

  /** Resolves when the condition holds. Rejects with the reader's failure, or with what was missing after WAIT_MS. */
  until(what: string, isMet: (records: readonly Received[]) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        isMet: () => isMet(this.received),
        resolve: () => this.settle(waiter, timer, resolve),
        reject: (error) => this.settle(waiter, timer, () => reject(error)),
      };
      const timer = setTimeout(() => {
        waiter.reject(new Error(`${what}: not within ${WAIT_MS} ms; ${this.received.length} records came`));
      }, WAIT_MS);
      this.waiters.add(waiter);
      this.look();
    });
  }

  /** Resolves when every one of these values was received. */
  async untilValues(values: readonly (string | null)[]): Promise<void> {
    const missing = new Set(values);
    let seen = 0;
    const isMet = (): boolean => {
      for (; seen < this.received.length; seen++) missing.delete(this.received[seen]?.value ?? null);
      return missing.size === 0;
    };
    try {
      await this.until(`all ${values.length} values`, isMet);
    } catch (error) {
      const some = [...missing].slice(0, 5).join(', ');
      throw new Error(`${missing.size} of ${values.length} values are missing, among them ${some}`, { cause: error });
    }
  }

  private settle(waiter: Waiter, timer: NodeJS.Timeout, then: () => void): void {
    clearTimeout(timer);
    this.waiters.delete(waiter);
    then();
  }

  private look(): void {
    for (const waiter of [...this.waiters]) {
      if (waiter.isMet()) waiter.resolve();
      else if (this.failure !== undefined) waiter.reject(this.failure);
    }
  }
}
