/** The bank's auditor: reads all partitions as they grow, and takes stock again and again. */
import { AppError } from '@hapax/base';
import type { Admin, Consumer, HapaxClient } from '@hapax/client';
import type { BankLedger } from './bank-ledger.ts';
import { decodeEntry } from './entry-record.ts';

const POLL_MS = 5;
/** Without reaching the ends that were there for so long, something holds the reader back. */
const STALLED_MS = 30_000;

/** One `read_committed` reader of one topic. */
export class Auditor {
  readonly #admin: Admin;
  readonly #ledger: BankLedger;
  readonly #consumer: Consumer;
  readonly #partitions: readonly { readonly topic: string; readonly partition: number }[];
  readonly #consuming: Promise<void>;
  #failure: unknown;

  constructor(client: HapaxClient, topic: string, partitions: number, ledger: BankLedger) {
    this.#admin = client.admin();
    this.#ledger = ledger;
    this.#partitions = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
    this.#consumer = client.consumer({ offsetReset: 'none', isolationLevel: 'read_committed', fetchMaxWaitMs: 100 });
    this.#consumer.assign(this.#partitions.map((one) => ({ ...one, offset: 0 })));
    this.#consuming = this.#consume().catch((error: unknown) => (this.#failure = error)) as Promise<void>;
  }

  /** Takes stock once. Answers how far the sum is off. Throws `timed-out` when an open transaction does not end. */
  async read(): Promise<number> {
    this.#ledger.beginRead();
    // The high watermarks, and not the last stable offsets: whatever is in the logs by now must be decided and seen.
    const ends = await this.#admin.listOffsets(this.#partitions.map((one) => ({ ...one, at: 'latest' as const })));
    const startedAt = performance.now();
    while (ends.some((end) => (this.#consumer.position(end) ?? 0) < end.offset)) {
      if (this.#failure !== undefined) throw this.#failure;
      if (performance.now() - startedAt > STALLED_MS) throw stalled();
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    return this.#ledger.endRead();
  }

  async close(): Promise<void> {
    await this.#consumer.close();
    await this.#consuming;
  }

  async #consume(): Promise<void> {
    // What is asked for next was entered before: the position never runs ahead of the books.
    for await (const { records } of this.#consumer.batches())
      for (const record of records) this.#ledger.entry(decodeEntry(record));
  }
}

function stalled(): AppError {
  const message = `the auditor could not read what was in the logs ${STALLED_MS} ms ago; is a transaction still open?`;
  return new AppError('timed-out', message, { retriable: true, definite: true });
}
