/** Partitions as tables and as values: how far each replica is, and what blocks the last stable offset. */
import type { JudgedTransaction } from '../open-transactions.ts';
import type { PartitionFacts } from '../partition-facts.ts';
import type { Cell, Result } from '../output.ts';
import { JUDGED_HEADINGS, judgedRow } from './txn-views.ts';

const PLACE_COLUMNS = 2;

/** For each partition: a line a replica, and a line an open transaction, the one that blocks first. */
export function partitionView(partitions: readonly PartitionFacts[], nowMs: number): Result {
  const tables = partitions.flatMap((one) => [
    {
      title: titleOf(one),
      headings: ['node', 'role', 'in sync', 'log end', 'high watermark', 'last stable', 'behind'],
      rows: one.replicas.map((replica): Cell[] => [
        replica.nodeId,
        replica.role,
        replica.inSync ? 'yes' : 'no',
        replica.logEndOffset ?? '-',
        replica.highWatermark ?? '-',
        replica.lastStableOffset ?? '-',
        one.logEndOffset === null || replica.logEndOffset === null ? '-' : one.logEndOffset - replica.logEndOffset,
      ]),
    },
    {
      headings: JUDGED_HEADINGS.slice(PLACE_COLUMNS),
      rows: one.open.map((open) => judgedRow(open, nowMs).slice(PLACE_COLUMNS)),
      empty: 'no open transactions',
    },
  ]);
  return { value: partitions, tables };
}

function titleOf(one: PartitionFacts): string {
  const offsets = [
    `log start ${one.logStartOffset ?? '?'}`,
    `last stable ${one.lastStableOffset ?? '?'}`,
    `high watermark ${one.highWatermark ?? '?'}`,
    `log end ${one.logEndOffset ?? '?'}`,
  ];
  return `${one.topic}-${one.partition}  ${offsets.join(', ')}\n${blockSentence(one)}`;
}

/** What blocks the last stable offset. */
export function blockSentence({ highWatermark, lastStableOffset, blockedBy }: PartitionFacts): string {
  if (highWatermark === null || lastStableOffset === null) return 'it has no leader: nobody can say how far it is';
  if (lastStableOffset >= highWatermark) return 'nothing blocks the last stable offset';
  const held = `${highWatermark - lastStableOffset} offsets below the high watermark`;
  if (blockedBy === null) return `the last stable offset is ${held}: the last marker is not yet replicated`;
  return `the last stable offset is ${held}, blocked by ${ownerOf(blockedBy)}`;
}

function ownerOf({ transactionalId, producerId, verdict }: JudgedTransaction): string {
  const who = transactionalId === null ? `producer ${producerId}` : `${transactionalId} (producer ${producerId})`;
  return verdict === 'open' ? who : `${who}, which is ${verdict}`;
}
