/** A script of requests: written down as one procedure, run step by step in virtual time. */

/** Begins something; its outcome is given once, at once or later. */
export type Begin = (done: (outcome: unknown) => void) => void;

/** A procedure that waits for what it has begun, and ends with a value. */
export type Script<Value = void> = Generator<Begin, Value, unknown>;

/** Begins something and waits for its outcome. */
export function* waitFor<Value>(begin: (done: (outcome: Value) => void) => void): Script<Value> {
  return (yield begin as Begin) as Value;
}

/** Runs a script to its end. */
export function runScript(script: Script, whenDone: () => void): void {
  const goOn = (outcome: unknown): void => {
    const step = script.next(outcome);
    if (step.done === true) whenDone();
    else step.value(goOn);
  };
  goOn(undefined);
}
