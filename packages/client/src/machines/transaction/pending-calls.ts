/** Calls of an owner that have no outcome yet: each gets one, once, also when the machine is closed meanwhile. */
import type { Done, Outcome } from '../outcome.ts';

/** The calls that are open. */
export class PendingCalls {
  readonly #defer: (callback: () => void) => void;
  readonly #open = new Set<Done<null>>();

  constructor(defer: (callback: () => void) => void) {
    this.#defer = defer;
  }

  /** What to give the outcome of a call to; later ones are dropped. */
  expect(whenDone: Done<null>): Done<null> {
    const done: Done<null> = (outcome) => {
      if (this.#open.delete(done)) whenDone(outcome);
    };
    this.#open.add(done);
    return done;
  }

  /** Gives an outcome soon, since nobody hears it within the call. */
  answer(done: Done<null>, outcome: Outcome<null>): void {
    this.#defer(() => done(outcome));
  }

  /** Gives all that is open one outcome. */
  settleAll(outcome: Outcome<null>): void {
    for (const done of this.#open) this.answer(done, outcome);
  }
}
