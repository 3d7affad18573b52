/** The processors of one run, seen from their parent: struck, replaced, and counted. */
import { Crew, type CrewMember } from './crew.ts';
import { groupOf, type Guarantee } from './guarantee.ts';
import type { OutcomeLedger } from './outcome-ledger.ts';
import { Pauses } from './pauses.ts';
import type { Pace, ProcessorMessage } from './processor.ts';

export interface ProcessorGroupOptions {
  readonly bootstrap: string;
  readonly guarantee: Guarantee;
  readonly topic: string;
  readonly ledger: OutcomeLedger;
}

/** What processors told, beside the books. */
export interface Tally {
  /** Attempts that were completed. */
  readonly completed: number;
  /** Attempts that were not: their process died, or the cluster refused one of the steps. */
  readonly failed: number;
  /** Between two completed attempts on one partition, at most. */
  readonly pauseMs: number;
  /** What the zombie was told when it came back; undefined where nobody stopped it. */
  readonly zombieRefused: string | undefined;
}

/** The names of the processors; in transactions also their transactional ids. */
export const PROCESSORS = ['processor-1', 'processor-2', 'processor-3'] as const;

const POLL_MS = 20;
/** What a processor would do with its outputs before it goes on. Between the two steps: there the kills strike. */
const WORK_MS = 30;
const SLOW_WORK_MS = 400;
/** So long the group may take to go on without its zombie, and the zombie to find out. */
const ZOMBIE_TIMEOUT_MS = 20_000;

/** Three processors, of which each is replaced at once when it dies. */
export class ProcessorGroup {
  readonly #options: ProcessorGroupOptions;
  readonly #crew: Crew<ProcessorMessage>;
  readonly #pauses = new Pauses();
  /** Attempts that began and of which no end was told. */
  readonly #begun = new Set<string>();
  /** By process: how many partitions it has, and its newest attempt. */
  readonly #partitions = new Map<number, number>();
  readonly #attempts = new Map<number, string>();
  #workMs = WORK_MS;
  #completed = 0;
  #failed = 0;
  #zombieAttempt: string | undefined;
  #zombieRefused: string | undefined;

  constructor(options: ProcessorGroupOptions) {
    this.#options = options;
    const { bootstrap, guarantee, topic } = options;
    this.#crew = new Crew({
      names: PROCESSORS,
      script: 'processor',
      flagsOf: (name) => ({
        bootstrap, name, guarantee, group: groupOf(guarantee), topic, work: String(this.#workMs),
      }),
      onMessage: (member, message) => this.#onMessage(member, message),
    });
  }

  /** How many processes there are; 0 when they ended by themselves too often. */
  get size(): number {
    return this.#crew.size;
  }

  /** Makes everybody work slowly or fast: slowly while there is more to strike than there is to process. */
  setPace(pace: 'fast' | 'slow'): void {
    const workMs = pace === 'fast' ? WORK_MS : SLOW_WORK_MS;
    if (workMs === this.#workMs) return;
    this.#workMs = workMs;
    const message: Pace = { workMs };
    this.#crew.tell(message);
  }

  /** Kills the next processor that is between its two steps; another takes its name at once. Answers its pid. */
  killHalfway(): Promise<number | undefined> {
    return this.#crew.killHalfway();
  }

  /**
   * Stops a processor between its two steps, starts another in its name as a supervisor would, lets the group go on
   * without it, and only then lets it continue, until it knows what became of its attempt. Answers false where nobody
   * was at work.
   */
  async makeZombie(onStep: (what: string) => void): Promise<boolean> {
    const zombie = await this.#crew.nextHalfway();
    if (zombie === undefined) return false;
    const { child } = zombie;
    child.pause();
    const attempt = this.#attempts.get(child.pid) ?? '';
    this.#zombieAttempt = attempt;
    try {
      onStep(`process ${child.pid} paused`);
      const heir = this.#crew.start(zombie.name);
      await waitUntil(() => (this.#partitions.get(heir.child.pid) ?? 0) > 0);
    } finally {
      child.resume();
    }
    onStep(`process ${child.pid} resumed, a zombie`);
    await waitUntil(() => !this.#begun.has(attempt));
    if (this.#zombieRefused !== undefined) onStep(`process ${child.pid} was told ${this.#zombieRefused}`);
    if (zombie.isRunning) await child.stop();
    return true;
  }

  /** Lets everybody finish the attempt at hand. */
  async stop(): Promise<Tally> {
    await this.#crew.stop();
    return {
      completed: this.#completed,
      failed: this.#failed + this.#begun.size,
      pauseMs: this.#pauses.longestMs,
      zombieRefused: this.#zombieRefused,
    };
  }

  /** Ends everybody at once. */
  kill(): Promise<void> {
    return this.#crew.kill();
  }

  #onMessage({ child }: CrewMember<ProcessorMessage>, message: ProcessorMessage): void {
    const { ledger } = this.#options;
    switch (message.type) {
      case 'assignment':
        this.#partitions.set(child.pid, message.partitions);
        break;
      case 'halfway':
        this.#attempts.set(child.pid, message.attempt);
        this.#begun.add(message.attempt);
        break;
      case 'done':
        this.#begun.delete(message.attempt);
        this.#completed++;
        this.#pauses.onProgress(message.partition, performance.now());
        ledger.toldDone(message.attempt);
        break;
      case 'failed':
        this.#begun.delete(message.attempt);
        this.#failed++;
        if (message.isCertain) ledger.toldGivenUp(message.attempt);
        if (message.attempt === this.#zombieAttempt) this.#zombieRefused = message.reason;
        break;
    }
  }
}

async function waitUntil(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + ZOMBIE_TIMEOUT_MS;
  while (!isSo() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
