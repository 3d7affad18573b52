/** A member of the demo's group, as a process of its own: what it reads it tells its parent, then commits. */
import { decodeText } from '@hapax/base';
import { connect } from '@hapax/client';
import { parseArgs } from 'node:util';

/** Records of one partition, as a member tells them. */
export interface MemberBatch {
  readonly type: 'batch';
  readonly partition: number;
  readonly offsets: readonly number[];
  readonly rows: readonly number[];
  readonly values: readonly string[];
}

/** How many partitions the member has now. */
export interface MemberAssignment {
  readonly type: 'assignment';
  readonly partitions: number;
}

export type MemberMessage = MemberBatch | MemberAssignment;

/** Shorter than usual, so that the group notices the death of a member while somebody watches. */
const SESSION_TIMEOUT_MS = 3000;
const HEARTBEAT_INTERVAL_MS = 500;
const COMMIT_INTERVAL_MS = 200;
/** A little work for each batch: without it, all would be read before a member can be killed. */
const WORK_MS = 5;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { bootstrap: { type: 'string' }, group: { type: 'string' }, topic: { type: 'string' } },
  });
  const { bootstrap = '', group = '', topic = '' } = values;
  const client = await connect({ bootstrap, clientId: 'flights-reader' });
  const consumer = client.consumer({
    groupId: group,
    offsetReset: 'earliest',
    sessionTimeoutMs: SESSION_TIMEOUT_MS,
    heartbeatIntervalMs: HEARTBEAT_INTERVAL_MS,
    autoCommitIntervalMs: COMMIT_INTERVAL_MS,
    onAssigned: () => void tell({ type: 'assignment', partitions: consumer.assignment().length }),
  });
  // The parent ends a member that is no longer needed with SIGTERM; without a parent there is nobody to tell.
  process.once('SIGTERM', () => void client.close().then(() => process.exit(0)));
  process.once('disconnect', () => process.exit(1));
  consumer.subscribe([topic]);
  for await (const { partition, records } of consumer.batches()) {
    await tell({
      type: 'batch',
      partition,
      offsets: records.map(({ offset }) => offset),
      rows: records.map(({ key }) => Number(decodeText(key ?? new Uint8Array(0)))),
      values: records.map(({ value }) => decodeText(value ?? new Uint8Array(0))),
    });
    await new Promise((resolve) => setTimeout(resolve, WORK_MS));
  }
}

/** Resolves when the message is in the parent's pipe, where a later death of this process cannot take it back. */
function tell(message: MemberMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, undefined, {}, (error) => (error === null ? resolve() : reject(error)));
  });
}

if (import.meta.main) await main();
