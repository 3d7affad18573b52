/** Child processes that do the same work under different names: struck between two steps, replaced when they die. */
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
const HALFWAY_TIMEOUT_MS = 10_000;
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

  /** Sends everybody a message; those who start later are told by {@link CrewOptions.flagsOf}. */
  tell(message: object): void {
    for (const { child } of this.#running) child.tell(message);
  }

  /** The next one that says that it is between two steps; undefined when nobody is at work. */
  nextHalfway(): Promise<CrewMember<Message> | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#onHalfway = undefined;
        resolve(undefined);
      }, HALFWAY_TIMEOUT_MS);
      this.#onHalfway = (member) => {
        this.#onHalfway = undefined;
        clearTimeout(timer);
        resolve(member);
      };
    });
  }

  /** Kills the next one that is between two steps; another takes its name at once. Answers its pid, if there is one. */
  async killHalfway(): Promise<number | undefined> {
    const member = await this.nextHalfway();
    await member?.child.kill();
    return member?.child.pid;
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
