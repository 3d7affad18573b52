/** The bank: transfers between accounts of different partitions, with transactions and without, under equal kills. */
import { AppError, coordinatorPartition } from '@hapax/base';
import { formatDuration, groupDigits, printResult, type OutputFormat } from '../../output.ts';
import { startProgress } from '../../progress.ts';
import { colorsFor, note, type Terminal } from '../../terminal.ts';
import { Crew } from '../crew.ts';
import { loseNode, type Post } from '../node-loss.ts';
import { createTopics, onStage, type Stage } from '../stage.ts';
import { Auditor } from './auditor.ts';
import { BankLedger, type BankBalance } from './bank-ledger.ts';
import { bankView } from './bank-view.ts';
import type { BankWay, TransferorMessage } from './transferor.ts';

export interface BankOptions {
  /** How long transfers go on, for each of the two ways; longer if a killed node takes longer to come back. */
  readonly durationMs: number;
  readonly output: OutputFormat;
}

/** What one way to transfer came to. */
export interface BankReport extends BankBalance {
  readonly way: BankWay;
  /** Transferors and nodes that were killed. */
  readonly kills: number;
  readonly durationMs: number;
  /** The sum of all accounts at the beginning. */
  readonly opening: number;
}

const ACCOUNTS = 60;
const OPENING_BALANCE = 1000;
const PARTITIONS = 6;
const TRANSFERORS = ['transferor-1', 'transferor-2', 'transferor-3', 'transferor-4'] as const;
const TRANSACTION_LOG = '__transaction_state';
const KILL_INTERVAL_MS = 4000;
const NODE_PAUSE_MS = 1500;
const POLL_MS = 100;

/** Runs both ways and prints their table. Answers whether transactions held the sum. Throws `closed` on Ctrl-C. */
export async function runBank(terminal: Terminal, { durationMs, output }: BankOptions): Promise<boolean> {
  const startedAt = performance.now();
  return onStage(terminal, async (stage) => {
    const reports: BankReport[] = [];
    for (const way of ['transactional', 'naive'] as const) reports.push(await transferBy(stage, way, durationMs));
    const colors = colorsFor(terminal, terminal.output);
    const view = bankView(colors, reports);
    note(terminal, '');
    printResult(terminal, output, view);
    note(terminal, colors.dim(`\nall of it in ${formatDuration(performance.now() - startedAt)}`));
    return view.isGood;
  });
}

async function transferBy(stage: Stage, way: BankWay, durationMs: number): Promise<BankReport> {
  const topic = `bank-${way}`;
  await createTopics(stage, [topic], PARTITIONS);
  const ledger = new BankLedger();
  const startedAt = performance.now();
  const progress = startProgress(stage.terminal, `${way} transfers`, durationMs);
  const auditor = new Auditor(stage.client, topic, PARTITIONS, ledger);
  const crew = crewOf(stage, way, topic, ledger);
  let kills = 0;
  let detail = '';
  let isOver = false;
  const killing = strike(stage, crew, topic, {
    isOver: () => isOver || performance.now() - startedAt >= durationMs,
    onKill: () => kills++,
    onStep: (what) => (detail = what),
  });
  let hasStruck = false;
  killing.then(
    () => (hasStruck = true),
    () => (hasStruck = true),
  );
  try {
    while (!hasStruck || performance.now() - startedAt < durationMs) {
      const drift = await auditor.read();
      progress.update(performance.now() - startedAt, `${driftText(drift)}; ${detail}`);
      if (crew.size === 0) throw gone();
    }
    await killing;
    await crew.stop();
    // What killed processes left open ends by its timeout, or was ended by those who took their names.
    await auditor.read();
    const balance = ledger.balance();
    progress.finish(`${groupDigits(balance.transfers)} transfers, ${balance.reads} audits, ${balance.readsOff} off`);
    return { ...balance, way, kills, durationMs: performance.now() - startedAt, opening: ACCOUNTS * OPENING_BALANCE };
  } catch (error) {
    isOver = true;
    progress.abandon();
    await crew.kill();
    throw error;
  } finally {
    await auditor.close();
  }
}

function crewOf({ bootstrap }: Stage, way: BankWay, topic: string, ledger: BankLedger): Crew<TransferorMessage> {
  return new Crew<TransferorMessage>({
    names: TRANSFERORS,
    script: 'bank/transferor',
    flagsOf: (name) => ({
      bootstrap, name, topic, way, accounts: String(ACCOUNTS), partitions: String(PARTITIONS),
    }),
    onMessage: (_, message) => {
      if (message.type === 'done') ledger.toldDone(message.transfer);
    },
  });
}

interface Striking {
  isOver(): boolean;
  onKill(): void;
  onStep(what: string): void;
}

/** Kills a leader, then the coordinator, each once; and all the while transferors between the halves of a transfer. */
async function strike(
  { cluster, admin }: Stage,
  crew: Crew<TransferorMessage>,
  topic: string,
  striking: Striking,
): Promise<void> {
  const { isOver, onKill, onStep } = striking;
  const nodes = async (): Promise<void> => {
    const [log] = await admin.describeTopics([TRANSACTION_LOG]).catch(() => []);
    const partition = coordinatorPartition(TRANSFERORS[0], log?.partitions.length ?? 1);
    const posts: Post[] = [
      { topic, partition: 0, title: 'leader' },
      { topic: TRANSACTION_LOG, partition, title: 'coordinator' },
    ];
    for (const post of posts) {
      await pause(NODE_PAUSE_MS);
      await loseNode(cluster, admin, post, onStep);
      onKill();
    }
  };
  const transferors = async (): Promise<void> => {
    for (let nextAt = performance.now() + KILL_INTERVAL_MS / 2; !isOver(); await pause(POLL_MS)) {
      if (performance.now() < nextAt) continue;
      const pid = await crew.killHalfway();
      if (pid !== undefined) onKill();
      if (pid !== undefined) onStep(`process ${pid} killed, a transferor`);
      nextAt = performance.now() + KILL_INTERVAL_MS;
    }
  };
  await Promise.all([nodes(), transferors()]);
}

function driftText(drift: number): string {
  return drift === 0 ? 'the sum holds' : `the sum is off by ${groupDigits(drift)}`;
}

function gone(): AppError {
  const message = 'all transferors have ended by themselves; their messages are on standard error';
  return new AppError('not-ready', message, { retriable: false, definite: true });
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
