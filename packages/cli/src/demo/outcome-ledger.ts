/** The books of one way to process: what should have come out, and what an auditor found. */
import { classify } from './delay-class.ts';
import { outputTopic, type Guarantee } from './guarantee.ts';

/** A record of an output topic, as a `read_committed` reader sees it. */
export interface OutputRecord {
  readonly topic: string;
  readonly row: number;
  readonly value: string;
  /** The attempt that wrote it, and how many records that attempt was to write. */
  readonly attempt: string;
  readonly attemptRecords: number;
}

/** What the books say. All zeros, or the promise of exactly-once is broken. */
export interface Outcome {
  readonly guarantee: Guarantee;
  /** Rows of the input. */
  readonly rows: number;
  /** Output records that a `read_committed` reader sees. */
  readonly visible: number;
  /** Rows without any output. */
  readonly lost: number;
  /** Output records beyond the first of their row. */
  readonly duplicated: number;
  /** Attempts of which a part is visible: some outputs, or outputs without offsets, or offsets without outputs. */
  readonly torn: number;
  /** Visible records of attempts that were aborted, or never got as far as their offsets. */
  readonly abortedButSeen: number;
  /** Output records that are not what the input should have become. */
  readonly altered: number;
  readonly isClean: boolean;
}

/** One try to process some records of the input. */
interface Attempt {
  outputs: number;
  /** How many outputs it should have; 0 while none of them was seen. */
  records: number;
  hasOffsets: boolean;
  told: 'nothing' | 'done' | 'given-up';
}

/** Counts what auditor and processors tell. An attempt is one slice of the input in the hands of one process. */
export class OutcomeLedger {
  readonly #guarantee: Guarantee;
  readonly #expected: readonly { readonly topic: string; readonly value: string }[];
  readonly #copies: Uint32Array;
  readonly #attempts = new Map<string, Attempt>();
  #visible = 0;
  #altered = 0;

  /** `input` holds the flights by their row. */
  constructor(guarantee: Guarantee, input: readonly string[]) {
    this.#guarantee = guarantee;
    this.#expected = input.map((flight) => {
      const { delayClass, value } = classify(flight);
      return { topic: outputTopic(guarantee, delayClass), value };
    });
    this.#copies = new Uint32Array(input.length);
  }

  /** A processor was told by the cluster that both steps of the attempt are done. */
  toldDone(attempt: string): void {
    this.#attempt(attempt).told = 'done';
  }

  /** A processor learned for certain that the attempt will not be completed. */
  toldGivenUp(attempt: string): void {
    this.#attempt(attempt).told = 'given-up';
  }

  /** The auditor sees an output. */
  output({ topic, row, value, attempt, attemptRecords }: OutputRecord): void {
    this.#visible++;
    const expected = this.#expected[row];
    if (expected?.topic === topic && expected.value === value) this.#copies[row] = (this.#copies[row] ?? 0) + 1;
    else this.#altered++;
    const found = this.#attempt(attempt);
    found.outputs++;
    found.records = attemptRecords;
  }

  /** The auditor sees that the offsets of an attempt are committed. */
  offsets(attempt: string): void {
    this.#attempt(attempt).hasOffsets = true;
  }

  /** The balance of all that was told. */
  balance(): Outcome {
    let lost = 0;
    let duplicated = 0;
    for (const copies of this.#copies) {
      if (copies === 0) lost++;
      else duplicated += copies - 1;
    }
    let torn = 0;
    let abortedButSeen = 0;
    for (const attempt of this.#attempts.values()) {
      if (isTorn(attempt)) torn++;
      if (attempt.told === 'given-up' || !attempt.hasOffsets) abortedButSeen += attempt.outputs;
    }
    return {
      guarantee: this.#guarantee,
      rows: this.#expected.length,
      visible: this.#visible,
      lost,
      duplicated,
      torn,
      abortedButSeen,
      altered: this.#altered,
      isClean: lost + duplicated + torn + abortedButSeen + this.#altered === 0,
    };
  }

  #attempt(id: string): Attempt {
    let attempt = this.#attempts.get(id);
    if (attempt === undefined) {
      attempt = { outputs: 0, records: 0, hasOffsets: false, told: 'nothing' };
      this.#attempts.set(id, attempt);
    }
    return attempt;
  }
}

/** Whether not all of an attempt is there, and not nothing either; or nothing, though its processor was told so. */
function isTorn({ outputs, records, hasOffsets, told }: Attempt): boolean {
  const isWhole = hasOffsets && outputs > 0 && outputs === records;
  const isAbsent = !hasOffsets && outputs === 0 && told !== 'done';
  return !isWhole && !isAbsent;
}
