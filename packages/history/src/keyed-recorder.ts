/** Writes keyed calls down while they happen. */
import type { KeyedAction, KeyedCall } from './keyed-calls.ts';
import type { Outcome } from './operation.ts';

/** A call whose end was not seen yet. */
export interface OpenKeyedCall {
  /** It is over; only the first call counts. Another action than it began with: what the answer makes of it. */
  end(outcome: Outcome, action?: KeyedAction): void;
}

/** Collects keyed calls. */
export class KeyedRecorder {
  readonly #calls: KeyedCall[] = [];
  #order = 0;

  begin(process: string, key: string, action: KeyedAction): OpenKeyedCall {
    const beganAt = this.#order++;
    const at = this.#calls.push({ process, key, action, outcome: 'unknown', beganAt, endedAt: Infinity }) - 1;
    let hasEnded = false;
    return {
      end: (outcome, known = action) => {
        if (hasEnded) return;
        hasEnded = true;
        // What nobody knows may happen at any time, also after its answer: a request may be on its way still.
        const endedAt = outcome === 'unknown' ? Infinity : this.#order++;
        this.#calls[at] = { process, key, action: known, outcome, beganAt, endedAt };
      },
    };
  }

  /** A value was read, which may have been out of date. */
  readOfPast(process: string, key: string, value: string | null): void {
    const endedAt = this.#order++;
    this.#calls.push({ process, key, action: { kind: 'read', value }, outcome: 'ok', beganAt: -Infinity, endedAt });
  }

  /** Everything so far. */
  calls(): readonly KeyedCall[] {
    return [...this.#calls];
  }
}
