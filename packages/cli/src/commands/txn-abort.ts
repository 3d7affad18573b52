/** `hapax txn abort`: ends a transaction by hand, through its coordinator wherever one knows it. */
import { AppError } from '@hapax/base';
import type { Admin } from '@hapax/client';
import type { Command } from 'commander';
import { planAbort, planOf, sentenceOf, type AbortPlan } from '../abort-plan.ts';
import { confirm } from '../confirm.ts';
import { usage } from '../exit-code.ts';
import { openTransactions, ownersOf, type OpenTransaction } from '../open-transactions.ts';
import { note, type Terminal } from '../terminal.ts';
import { clusterOptions, parseWhole, withClient, type ClusterFlags } from '../with-cluster.ts';

interface AbortFlags extends ClusterFlags {
  readonly topic?: string;
  readonly partition?: number;
  readonly startOffset?: number;
  readonly producerId?: number;
  readonly dryRun?: true;
  readonly yes?: true;
}

/** Registers `hapax txn abort`. */
export function addTxnAbort(txn: Command, terminal: Terminal): void {
  const abort = txn
    .command('abort')
    .description(
      'Aborts a transaction: by its id, or as it lies in a partition. Where a coordinator knows it, the coordinator ' +
        'aborts it and its producer is fenced; only where none does, a marker is written past them.',
    )
    .argument('[id]', 'a transactional id; or else --topic, --partition and one of the next two')
    .option('--topic <topic>', 'where it lies')
    .option('--partition <number>', 'where it lies', parseWhole('--partition', 0))
    .option('--start-offset <offset>', 'its first offset there', parseWhole('--start-offset', 0))
    .option('--producer-id <number>', 'its producer', parseWhole('--producer-id', 0))
    .option('--dry-run', 'only say how it would be done')
    .option('-y, --yes', 'do not ask');
  clusterOptions(abort).action(async (id: string | undefined, flags: AbortFlags) => {
    checkUsage(id, flags);
    await withClient(terminal, flags, async (client) => {
      const admin = client.admin({ timeoutMs: flags.timeout });
      const open = id === undefined ? await findOpen(admin, flags) : undefined;
      const plan = await planFor(admin, id, open);
      if (plan.kind === 'decided') throw decided(plan);
      const sentence = sentenceOf(plan, open);
      if (flags.dryRun) return note(terminal, `dry run, nothing was changed: ${sentence}`);
      if (!flags.yes) await confirm(terminal, `${sentence}: go on?`);
      note(terminal, await carryOut(admin, plan, open));
    });
  });
}

function checkUsage(id: string | undefined, flags: AbortFlags): void {
  const { topic, partition, startOffset, producerId } = flags;
  const hasPlace = [topic, partition, startOffset, producerId].some((one) => one !== undefined);
  if (id !== undefined && hasPlace) throw usage('name a transactional id, or where the transaction lies; not both');
  if (id !== undefined) return;
  const isWhole = topic !== undefined && partition !== undefined && (startOffset ?? producerId) !== undefined;
  if (!isWhole)
    throw usage('name a transactional id, or --topic, --partition and one of --start-offset and --producer-id');
}

/** The transaction that is open where the flags say. Throws `usage` where there is none. */
async function findOpen(admin: Admin, flags: AbortFlags): Promise<OpenTransaction> {
  const { topic = '', partition = -1, startOffset, producerId } = flags;
  const open = await openTransactions(admin, [{ topic, partition }]);
  const found = open.find(
    (one) =>
      (startOffset === undefined || one.startOffset === startOffset) &&
      (producerId === undefined || one.producerId === producerId),
  );
  if (found !== undefined) return found;
  const others = open.map((one) => `producer ${one.producerId} from offset ${one.startOffset} on`).join(', ');
  const what = startOffset === undefined ? `of producer ${producerId}` : `from offset ${startOffset} on`;
  const there = others === '' ? 'nothing is open there' : `open there: ${others}`;
  throw usage(`${topic}-${partition} has no open transaction ${what}; ${there}`);
}

async function planFor(admin: Admin, id: string | undefined, open: OpenTransaction | undefined): Promise<AbortPlan> {
  if (open !== undefined) {
    const topics = await admin.listTopics();
    return planAbort(open, await ownersOf(admin, topics, [open.producerId]));
  }
  const owner = await admin.describeTransaction(id ?? '');
  if (owner.state !== 'Ongoing' && !owner.state.startsWith('Prepare'))
    throw usage(`${id} is in ${owner.state}: nothing is open; \`hapax txn timeline\` tells how it ended`);
  return planOf(owner);
}

/** Does it, and says what was done. */
async function carryOut(
  admin: Admin,
  plan: Exclude<AbortPlan, { kind: 'decided' }>,
  open: OpenTransaction | undefined,
): Promise<string> {
  const fenced = plan.kind === 'marker' ? undefined : await admin.fenceProducer(plan.owner.transactionalId);
  if (plan.kind !== 'coordinator' && open !== undefined) {
    await admin.abortTransaction(open).catch((error: unknown) => {
      throw explained(error, open);
    });
  }
  const where = open === undefined ? '' : ` in ${open.topic}-${open.partition}`;
  if (fenced === undefined) return `aborted${where} by a marker`;
  const now = `the producer is fenced, its id is now at epoch ${fenced.producerEpoch}`;
  return plan.kind === 'coordinator' ? `aborted by its coordinator; ${now}` : `aborted${where} by a marker; ${now}`;
}

function decided({ owner }: Extract<AbortPlan, { kind: 'decided' }>): AppError {
  const message =
    `${owner.transactionalId} is in ${owner.state}: it is decided, cannot be aborted any more, and ends by itself ` +
    'once the leaders of its partitions are there. `hapax cluster health` shows those that are not';
  return new AppError('usage', message, { retriable: false, definite: true });
}

const REFUSALS: Readonly<Record<string, string>> = {
  INVALID_TXN_STATE:
    'a coordinator has come to know the producer meanwhile. Run the command again: it goes through that coordinator',
  COORDINATOR_NOT_AVAILABLE:
    'not every coordinator can be asked now, so nobody can prove that none of them knows it. `hapax cluster health` ' +
    'shows what is missing',
  INVALID_PRODUCER_EPOCH: 'the producer goes on under another epoch there. Run `hapax txn find-hanging` again',
  TRANSACTION_COORDINATOR_FENCED: 'a coordinator has written there meanwhile. Run `hapax txn find-hanging` again',
};

/** A refusal of the marker, with what it means and what to do. */
function explained(error: unknown, { topic, partition }: OpenTransaction): unknown {
  if (!(error instanceof AppError)) return error;
  const name = String(error.details['errorName'] ?? '');
  const meaning = REFUSALS[name];
  if (meaning === undefined) return error;
  const { code, retriable, definite, details } = error;
  const message = `no marker was written into ${topic}-${partition} (${name}): ${meaning}`;
  return new AppError(code, message, { retriable, definite, details, cause: error });
}
