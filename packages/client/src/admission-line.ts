/** Calls that wait for a producer's memory, first come first served: none may be overtaken by one that finds room. */

/** Whose memory is waited for. */
export interface Room {
  readonly hasRoom: boolean;
  onRoom(callback: () => void): void;
}

/** The line before a producer. */
export class AdmissionLine {
  readonly #room: Room;
  readonly #waiting: (() => void)[] = [];
  #emptyWaiters: (() => void)[] = [];

  constructor(room: Room) {
    this.#room = room;
  }

  /** Makes a call now if there is room and nobody waits, else in turn. */
  enter<T>(send: () => Promise<T>): Promise<T> {
    if (this.#waiting.length === 0 && this.#room.hasRoom) return send();
    return new Promise((resolve) => {
      this.#waiting.push(() => resolve(send()));
      if (this.#waiting.length === 1) this.#room.onRoom(() => this.#admit());
    });
  }

  /** Resolves when every call that waits now was made. */
  whenEmpty(): Promise<void> {
    if (this.#waiting.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#emptyWaiters.push(resolve));
  }

  #admit(): void {
    let admitted = 0;
    while (admitted < this.#waiting.length && this.#room.hasRoom) this.#waiting[admitted++]?.();
    this.#waiting.splice(0, admitted);
    if (this.#waiting.length > 0) {
      this.#room.onRoom(() => this.#admit());
      return;
    }
    for (const resolve of this.#emptyWaiters.splice(0)) resolve();
  }
}
