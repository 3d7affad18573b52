/**
 * A run as the page of a report shows it: plain data. Times are milliseconds of virtual time since the beginning; what
 * comes in great numbers is in rows of numbers, which are short in a page.
 */

/** How a process stands. */
export type ProcessState = 'down' | 'starting' | 'up' | 'stopping' | 'paused';

/** What a node is from a moment on, until the next one. */
export interface NodeSpan {
  readonly atMs: number;
  readonly state: ProcessState;
  /** Counts the processes of the node. */
  readonly life: number;
  /** Nothing passes between it and any other node, in one direction at least. */
  readonly isCutOff: boolean;
  /** Its role in Raft; null while there is none. */
  readonly role: string | null;
  readonly term: number;
  /** Who leads, as it knows; -1 for nobody. */
  readonly leader: number;
}

export interface NodeStory {
  readonly id: number;
  readonly spans: readonly NodeSpan[];
}

/** A fault that was injected. */
export interface FaultStory {
  readonly atMs: number;
  /** When it is taken back at the latest. */
  readonly untilMs: number;
  readonly kind: string;
  readonly target: string;
  readonly nodes: readonly number[];
  /** What else is known of it, in words. */
  readonly details: string;
}

/** Who leads a partition from a moment on, and who is in sync. */
export interface LeaderSpan {
  readonly atMs: number;
  /** -1 for nobody. */
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly isr: readonly number[];
}

/** A line of steps: a time, the value from then on, the next time, and so on. */
export type Steps = readonly number[];

export interface PartitionStory {
  readonly name: string;
  readonly replicas: number;
  readonly leaders: readonly LeaderSpan[];
  /** Of the leader, while it runs. */
  readonly logEnd: Steps;
  readonly highWatermark: Steps;
  readonly lastStable: Steps;
}

/** A record of a coordinator's log. */
export interface TransactionMove {
  readonly atMs: number;
  readonly state: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  /** The node that coordinates; -1 where nobody does at this moment. */
  readonly coordinator: number;
  readonly partitions: string;
}

export interface TransactionStory {
  readonly transactionalId: string;
  readonly moves: readonly TransactionMove[];
}

/** Messages: names and hosts once, and a row for each message. */
export interface MessageStory {
  readonly names: readonly string[];
  /** Names of hosts; those of clients are put together by what they do. */
  readonly hosts: readonly string[];
  /**
   * Seven numbers each: when it was sent and how long it took, both in hundredths of a millisecond, the host that sent
   * it, the one it goes to, its name, its lane as an index of `MESSAGE_LANES`, and 1 where it passes all the time.
   * Where it never came, the second is -1.
   */
  readonly rows: readonly number[];
  /** Those sent before this moment were too many to keep; 0 where all are here. */
  readonly keptFromMs: number;
}

/** A line of text with a moment. */
export interface PhaseStory {
  readonly atMs: number;
  readonly name: string;
}

/** What was recorded. */
export interface RunStory {
  readonly endMs: number;
  readonly phases: readonly PhaseStory[];
  readonly nodes: readonly NodeStory[];
  readonly faults: readonly FaultStory[];
  readonly partitions: readonly PartitionStory[];
  readonly transactions: readonly TransactionStory[];
  readonly messages: MessageStory;
  /** Lines of the trace, oldest first, and how many before them are missing. */
  readonly lines: readonly string[];
  readonly linesDropped: number;
}

/** All that a page is made of. */
export interface PageStory extends RunStory {
  /** What else is known of the run: the title of a scenario; empty where nothing is. */
  readonly title: string;
  readonly seed: number;
  readonly workload: string;
  readonly traceHash: string;
  /** The command that runs it again. */
  readonly again: string;
  /** What went wrong, or null. */
  readonly violation: { readonly invariant: string; readonly message: string; readonly stack: string } | null;
  readonly figures: readonly (readonly [string, string])[];
  /** The plan in one line, and all of it. */
  readonly planInShort: string;
  readonly plan: readonly (readonly [string, string])[];
}
