/** Requests about one transaction, one after another: a coordinator refuses what comes while it works on another. */

/** A queue of turns. */
export class Turns {
  readonly #defer: (callback: () => void) => void;
  readonly #waiting: ((leave: () => void) => void)[] = [];
  readonly #idleWaiters: (() => void)[] = [];
  #busy = false;

  constructor(defer: (callback: () => void) => void) {
    this.#defer = defer;
  }

  /** Takes a turn when those before have left. */
  enter(turn: (leave: () => void) => void): void {
    this.#waiting.push(turn);
    if (!this.#busy) this.#next();
  }

  /** Calls, later, when no turn is taken or waited for. */
  whenIdle(callback: () => void): void {
    this.#idleWaiters.push(callback);
    this.#defer(() => this.#wakeIdle());
  }

  #next(): void {
    const turn = this.#waiting.shift();
    if (turn === undefined) {
      this.#wakeIdle();
      return;
    }
    this.#busy = true;
    turn(() => {
      this.#busy = false;
      this.#next();
    });
  }

  #wakeIdle(): void {
    if (this.#busy) return;
    for (const callback of this.#idleWaiters.splice(0)) callback();
  }
}
