/** Time, as the drivers see it. Machines never hold a clock: they are told the time as an argument. */

/** Reads time. The two clocks must never be compared with each other. */
export interface Clock {
  /** Milliseconds on a clock that never goes back and is not set by anyone; its zero means nothing. For deadlines. */
  nowMs(): number;
  /** Milliseconds since 1970 as the host believes; may jump either way. For timestamps that people or clients read. */
  wallMs(): number;
}

/** A call that was arranged with a {@link Scheduler} and may still be taken back. */
export interface ScheduledCall {
  /** Takes the call back. Does nothing once the call was made. */
  cancel(): void;
}

/** Arranges for calls to be made later. Calls due at the same time are made in the order they were arranged. */
export interface Scheduler {
  /** Calls `callback` once, at least `delayMs` from now. */
  after(delayMs: number, callback: () => void): ScheduledCall;
  /** Calls `callback` when everything that is ready now was handled: the end of the turn, where work is coalesced. */
  defer(callback: () => void): void;
}
