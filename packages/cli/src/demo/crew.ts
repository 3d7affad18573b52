/** Child processes that do the same work under different names: struck between two steps, replaced when they die. */
import { AppError } from '@hapax/base';
import { ForkedChild } from './forked-child.ts';

export interface CrewOptions<Message> {
  readonly names: readonly string[];
  /** The module they run, as {@link ForkedChild} takes it. */
  readonly script: string;
  flagsOf(name: string): Readonly<Record<string, string>>;
  onMessage(member: CrewMember<Message>, message: Message): void;
}

/** A process of the crew, as long as it runs and after. */
export interface CrewMember<Message> {
  readonly name: string;
  readonly child: ForkedChild<Message>;
  isRunning: boolean;
}

/** Nobody was between two steps for so long: there is nothing left to strike. */
const HALFWAY_TIMEOUT_MS = 30_000;
/** Many more than are killed: something is wrong with the processes themselves. */
const RESTARTS_MAX = 20;

/** One process a name, and sometimes more: one that is paused may have got an heir. */
export class Crew<Message extends { readonly type: string }> {
  readonly #options: CrewOptions<Message>;
  readonly #members: CrewMember<Message>[] = [];
  #restarts = 0;
  #stopping = false;
  #onHalfway: ((member: CrewMember<Message>) => void) | undefined;

  constructor(options: CrewOptions<Message>) {
    this.#options = options;
    for (const name of options.names) this.start(name);
  }

  /** How many run; 0 when they ended by themselves too often. */
  get size(): number {
    return this.#running.length;
  }

  /** Starts one more of a name. */
  start(name: string): CrewMember<Message> {
    const { script, flagsOf, onMessage } = this.#options;
    const child = new ForkedChild<Message>({
      script,
      flags: flagsOf(name),
      onMessage: (message) => {
        onMessage(member, message);
        if (message.type === 'halfway') this.#onHalfway?.(member);
      },
      onEnd: () => this.#onEnd(member),
    });
    const member: CrewMember<Message> = { name, child, isRunning: true };
    this.#members.push(member);
    return member;
  }

  /** The next one that says that it is between two steps. Throws `timed-out` when nobody is at work. */
  nextHalfway(): Promise<CrewMember<Message>> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#onHalfway = undefined;
        const message = `none of ${this.#options.names.join(', ')} was at work for ${HALFWAY_TIMEOUT_MS} ms`;
        reject(new AppError('timed-out', message, { retriable: true, definite: true }));
      }, HALFWAY_TIMEOUT_MS);
      this.#onHalfway = (member) => {
        this.#onHalfway = undefined;
        clearTimeout(timer);
        resolve(member);
      };
    });
  }

  /** Kills the next one that is between two steps; another takes its name at once. Answers its pid. */
  async killHalfway(): Promise<number> {
    const { child } = await this.nextHalfway();
    await child.kill();
    return child.pid;
  }

  /** Lets everybody finish what is at hand. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#running.map(({ child }) => child.stop()));
  }

  /** Ends everybody at once. */
  async kill(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#running.map(({ child }) => child.kill()));
  }

  get #running(): CrewMember<Message>[] {
    return this.#members.filter(({ isRunning }) => isRunning);
  }

  #onEnd(member: CrewMember<Message>): void {
    member.isRunning = false;
    const hasHeir = this.#running.some(({ name }) => name === member.name);
    if (this.#stopping || hasHeir || this.#restarts === RESTARTS_MAX) return;
    this.#restarts++;
    this.start(member.name);
  }
}
