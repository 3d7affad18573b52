/** The second act: a group of two reads everything, and one of the two is killed. */
import type { Admin } from '@hapax/client';
import { formatDuration, groupDigits } from '../output.ts';
import { startProgress } from '../progress.ts';
import type { Terminal } from '../terminal.ts';
import type { Ledger } from './ledger.ts';
import type { MemberMessage } from './group-member.ts';
import { MemberProcess } from './member-process.ts';
import { Pauses } from './pauses.ts';

export interface ReadReport {
  readonly durationMs: number;
  /** The longest gap between records of one partition. */
  readonly pauseMs: number;
  /** Records that the killed member had told of. */
  readonly readByKilled: number;
  readonly readBySurvivor: number;
}

/** The kill comes when this part of the records is read. */
const KILL_AT = 0.4;
/** Without any record for so long, the rest counts as never read. */
const STALLED_MS = 45_000;
const POLL_MS = 20;

/** Reads the topic to its present end with two child processes, the first of which is killed on the way. */
export async function readFlights(options: {
  readonly terminal: Terminal;
  readonly admin: Admin;
  readonly bootstrap: string;
  readonly topic: string;
  readonly group: string;
  readonly ledger: Ledger;
}): Promise<ReadReport> {
  const { terminal, admin, topic } = options;
  const total = await recordsIn(admin, topic);
  const startedAt = performance.now();
  const progress = startProgress(terminal, 'reading with a group of two', total);
  const reading = new Reading(options);
  const [first, second] = [reading.member(0), reading.member(1)];
  let killedAt: number | undefined;
  let kill: Promise<void> | undefined;
  try {
    while (reading.distinct < total && performance.now() - reading.lastAt < STALLED_MS) {
      if (kill === undefined && reading.distinct >= total * KILL_AT && reading.readBy(0) > 0) {
        killedAt = performance.now();
        kill = first.kill();
      }
      const state = killedAt === undefined ? '' : `; process ${first.pid} killed`;
      progress.update(reading.distinct, `${reading.partitionsOf(0)} + ${reading.partitionsOf(1)} partitions${state}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  } finally {
    await Promise.all([kill ?? first.kill(), second.stop()]);
  }
  const durationMs = performance.now() - startedAt;
  const report = {
    durationMs,
    pauseMs: reading.pauses.longestMs,
    readByKilled: reading.readBy(0),
    readBySurvivor: reading.readBy(1),
  };
  const detail =
    `process ${first.pid} killed after ${groupDigits(report.readByKilled)}, the other read ` +
    `${groupDigits(report.readBySurvivor)}; ${formatDuration(durationMs)}`;
  if (reading.distinct >= total) progress.finish(detail);
  else progress.abandon();
  return report;
}

interface ReadingOptions {
  readonly bootstrap: string;
  readonly topic: string;
  readonly group: string;
  readonly ledger: Ledger;
}

/** What the members have told so far. */
class Reading {
  readonly pauses = new Pauses();
  lastAt = performance.now();
  distinct = 0;
  readonly #counts = [0, 0];
  readonly #partitions = [0, 0];
  readonly #options: ReadingOptions;

  constructor(options: ReadingOptions) {
    this.#options = options;
  }

  member(index: number): MemberProcess {
    const { bootstrap, topic, group } = this.#options;
    return new MemberProcess({ bootstrap, topic, group, onMessage: (message) => this.#onMessage(index, message) });
  }

  readBy(index: number): number {
    return this.#counts[index] ?? 0;
  }

  partitionsOf(index: number): number {
    return this.#partitions[index] ?? 0;
  }

  #onMessage(index: number, message: MemberMessage): void {
    if (message.type === 'assignment') {
      this.#partitions[index] = message.partitions;
      return;
    }
    const { partition, offsets, rows, values } = message;
    this.lastAt = performance.now();
    this.pauses.onProgress(partition, this.lastAt);
    this.#counts[index] = this.readBy(index) + offsets.length;
    for (const [at, offset] of offsets.entries()) {
      const isNew = this.#options.ledger.read({ partition, offset, row: rows[at] ?? -1 }, values[at] ?? '');
      if (isNew) this.distinct++;
    }
  }
}

async function recordsIn(admin: Admin, topic: string): Promise<number> {
  const [described] = await admin.describeTopics([topic]);
  const places = (described?.partitions ?? []).map(({ partition }) => ({ topic, partition }));
  const ends = await admin.listOffsets(places.map((place) => ({ ...place, at: 'latest' as const })));
  return ends.reduce((sum, { offset }) => sum + offset, 0);
}
