/** One way to process all flights, under the faults that all ways share, and the audit of what came out. */
import { AppError, coordinatorPartition } from '@hapax/base';
import { groupDigits } from '../output.ts';
import { startProgress, type Progress } from '../progress.ts';
import { readOffsetCommit, readOutput } from './attempt.ts';
import { groupOf, outputTopics, type Guarantee } from './guarantee.ts';
import { loseNode, type Post } from './node-loss.ts';
import { OutcomeLedger, type Outcome } from './outcome-ledger.ts';
import { ProcessorGroup, PROCESSORS, type Tally } from './processor-group.ts';
import { readToEnd } from './read-to-end.ts';
import { createTopics, type Stage } from './stage.ts';

/** What one way of processing came to. */
export interface RunReport extends Outcome, Tally {
  readonly durationMs: number;
  /** Output records that lie in the log, and that no `read_committed` reader sees. */
  readonly hidden: number;
  /** Faults that struck before the work was done, of those that were planned. */
  readonly faults: number;
  readonly faultsPlanned: number;
}

const OUTPUT_PARTITIONS = 2;
const POLL_MS = 100;
/** Beyond this part of the input, processors take their time until all faults have struck. */
const SLOW_FROM = 0.75;
/** Without any committed offset for so long, something hangs. */
const STALLED_MS = 60_000;
const TRANSACTION_LOG = '__transaction_state';
const OFFSETS_LOG = '__consumer_offsets';

export interface RunOptions {
  readonly guarantee: Guarantee;
  /** The input, and how many records it has. */
  readonly topic: string;
  readonly total: number;
  /** What was sent to it. */
  readonly flights: readonly string[];
}

/**
 * Processes the topic with three processors, strikes them and the nodes, and audits. Throws `timed-out` when all
 * stands still.
 */
export async function runGuarantee(stage: Stage, options: RunOptions): Promise<RunReport> {
  const { guarantee, topic, flights, total } = options;
  await createTopics(stage, outputTopics(guarantee), OUTPUT_PARTITIONS);
  const ledger = new OutcomeLedger(guarantee, flights);
  const startedAt = performance.now();
  const progress = startProgress(stage.terminal, guarantee, total);
  const group = new ProcessorGroup({ bootstrap: stage.bootstrap, guarantee, topic, ledger });
  let faults: Faults;
  let tally: Tally;
  try {
    faults = await strikeWhileProcessing({ stage, guarantee, total, group, progress });
    tally = await group.stop();
  } catch (error) {
    progress.abandon();
    await group.kill();
    throw error;
  }
  const durationMs = performance.now() - startedAt;
  const hidden = await audit(stage, guarantee, ledger, progress);
  const balance = ledger.balance();
  progress.finish(`${groupDigits(Math.round(total / (durationMs / 1000)))}/s; ${faults.struck} faults`);
  return { ...balance, ...tally, durationMs, hidden, faults: faults.struck, faultsPlanned: faults.planned };
}

/** What strikes when this part of the input is processed: on processors always between the two steps of an attempt. */
type Fault = { readonly at: number } & (
  | { readonly kind: 'processor' | 'zombie' }
  | { readonly kind: 'node'; readonly post: Post }
);

/** In each line one after the other: two nodes of three at once would be another demonstration. */
function faultLines(guarantee: Guarantee, transactionPartitions: number): readonly (readonly Fault[])[] {
  const [output = ''] = outputTopics(guarantee);
  const partition = coordinatorPartition(PROCESSORS[0], transactionPartitions);
  return [
    [
      { at: 0.12, kind: 'node', post: { topic: output, partition: 0, title: 'leader' } },
      { at: 0.5, kind: 'node', post: { topic: TRANSACTION_LOG, partition, title: 'coordinator' } },
    ],
    [
      { at: 0.05, kind: 'processor' },
      { at: 0.2, kind: 'processor' },
      { at: 0.35, kind: 'zombie' },
      { at: 0.6, kind: 'processor' },
      { at: 0.75, kind: 'processor' },
    ],
  ];
}

interface Faults {
  readonly struck: number;
  readonly planned: number;
}

interface Processing {
  readonly stage: Stage;
  readonly guarantee: Guarantee;
  readonly total: number;
  readonly group: ProcessorGroup;
  readonly progress: Progress;
}

/** Strikes while the group works, until it has processed everything. Throws `timed-out` when it stands still. */
async function strikeWhileProcessing({ stage, guarantee, total, group, progress }: Processing): Promise<Faults> {
  const [log] = await stage.admin.describeTopics([TRANSACTION_LOG]).catch(() => []);
  const lines = faultLines(guarantee, log?.partitions.length ?? 1);
  const planned = lines.flat().length;
  let committed = 0;
  let struck = 0;
  let isOver = false;
  let detail = '';
  const onStep = (what: string): void => void (detail = what);
  const strikeLine = async (faults: readonly Fault[]): Promise<void> => {
    for (const fault of faults) {
      while (committed < total * fault.at && !isOver) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      if (isOver) return;
      if (await strike(stage, group, fault, onStep)) struck++;
    }
  };
  let last = { committed: 0, at: performance.now() };
  const watch = async (): Promise<void> => {
    while (committed < total && !isOver) {
      committed = (await committedOf(stage, guarantee)) ?? committed;
      progress.update(committed, detail);
      group.setPace(struck < planned && committed > total * SLOW_FROM ? 'slow' : 'fast');
      if (committed !== last.committed) last = { committed, at: performance.now() };
      if (performance.now() - last.at > STALLED_MS || group.size === 0) throw standsStill(guarantee, committed, total);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  };
  const watching = watch().finally(() => (isOver = true));
  try {
    await Promise.all([watching, ...lines.map(strikeLine)]);
  } finally {
    isOver = true;
  }
  return { struck, planned };
}

/** Answers whether there was anything to strike. */
async function strike(
  { admin, cluster }: Stage,
  group: ProcessorGroup,
  fault: Fault,
  onStep: (what: string) => void,
): Promise<boolean> {
  if (fault.kind === 'zombie') return group.makeZombie(onStep);
  if (fault.kind === 'node') {
    await loseNode(cluster, admin, fault.post, onStep);
    return true;
  }
  const pid = await group.killHalfway();
  if (pid !== undefined) onStep(`process ${pid} killed, a processor`);
  return pid !== undefined;
}

/**
 * How far the group has come: the input has no transactions, so that its offsets count its records. Undefined while
 * nobody can tell. Throws `closed`.
 */
async function committedOf({ admin }: Stage, guarantee: Guarantee): Promise<number | undefined> {
  try {
    const offsets = await admin.committedOffsets(groupOf(guarantee));
    return offsets.reduce((sum, { offset }) => sum + offset, 0);
  } catch (error) {
    if (error instanceof AppError && error.code === 'closed') throw error;
    return undefined;
  }
}

/** Tells the books of all that a committed reader sees. Answers how many output records it does not see. */
async function audit(
  { client }: Stage,
  guarantee: Guarantee,
  ledger: OutcomeLedger,
  progress: Progress,
): Promise<number> {
  const topics = outputTopics(guarantee);
  let hidden = 0;
  await readToEnd(client, {
    topics,
    isolationLevel: 'read_committed',
    onRecord: (record) => {
      hidden--;
      ledger.output(readOutput(record));
    },
    onProgress: (passed, total) => progress.update(passed, `auditing: ${Math.floor((passed / total) * 100)} %`),
  });
  await readToEnd(client, {
    topics: [OFFSETS_LOG],
    isolationLevel: 'read_committed',
    onRecord: (record) => {
      const attempt = readOffsetCommit(record, groupOf(guarantee));
      if (attempt !== undefined) ledger.offsets(attempt);
    },
  });
  // Without transactions nothing can be hidden.
  if (guarantee !== 'exactly-once') return 0;
  await readToEnd(client, { topics, isolationLevel: 'read_uncommitted', onRecord: () => hidden++ });
  return hidden;
}

function standsStill(guarantee: Guarantee, committed: number, total: number): AppError {
  const message = `the processors of ${guarantee} stand still at ${committed} of ${total} flights`;
  return new AppError('timed-out', message, { retriable: true, definite: false });
}
