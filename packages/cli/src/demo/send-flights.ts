/** The first act: all flights are sent while the leader of a partition is killed, and comes back. */
import type { HapaxClient } from '@hapax/client';
import type { LocalCluster } from '@hapax/node/local-cluster';
import { formatDuration, groupDigits } from '../output.ts';
import { startProgress } from '../progress.ts';
import type { Terminal } from '../terminal.ts';
import type { LoadLedger } from './load-ledger.ts';
import { loseNode, type NodeLoss } from './node-loss.ts';
import { Pauses } from './pauses.ts';

export interface SendReport extends NodeLoss {
  readonly durationMs: number;
  /** The longest gap between acknowledgements of one partition. */
  readonly pauseMs: number;
}

/** The kill comes when this part of the rows is acknowledged. */
const KILL_AT = 0.3;
/** Full batches of some hundred flights: each becomes one slice of a processor, hence one transaction. */
const BATCHING = { lingerMs: 100, batchBytes: 32_768 } as const;
/** Small, so that the producer is at work, and not long done, when the leader dies. */
const BUFFER_BYTES = 2 * 1024 * 1024;

/** Sends every flight with an idempotent producer, and loses a leader on the way. */
export async function sendFlights(options: {
  readonly terminal: Terminal;
  readonly cluster: LocalCluster;
  readonly client: HapaxClient;
  readonly topic: string;
  readonly flights: readonly string[];
  readonly ledger: LoadLedger;
}): Promise<SendReport> {
  const { terminal, cluster, client, topic, flights, ledger } = options;
  const startedAt = performance.now();
  const producer = client.producer({ ...BATCHING, bufferBytes: BUFFER_BYTES });
  const progress = startProgress(terminal, 'sending flights', flights.length);
  const pauses = new Pauses();
  let outcomes = 0;
  let loss: Promise<NodeLoss> | undefined;
  let detail = '';
  const onOutcome = (): void => {
    outcomes++;
    if (outcomes >= flights.length * KILL_AT) {
      loss ??= loseNode(cluster, client.admin(), { topic, partition: 0, title: 'leader' }, (what) => (detail = what));
    }
    if (outcomes % 500 === 0) progress.update(outcomes, detail);
  };
  for (const [row, value] of flights.entries()) {
    while (producer.bufferedBytes > BUFFER_BYTES) await new Promise((resolve) => setImmediate(resolve));
    void producer.send({ topic, key: String(row), value }).then(
      ({ partition }) => {
        ledger.acknowledged(row);
        pauses.onProgress(partition, performance.now());
        onOutcome();
      },
      () => {
        ledger.failed();
        onOutcome();
      },
    );
    // Acknowledgements are events of the loop: without a turn now and then none would come in.
    if (row % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await producer.close();
  // The last outcomes are settled promises by now; their callbacks run before this one.
  await new Promise((resolve) => setImmediate(resolve));
  const durationMs = performance.now() - startedAt;
  const lost = await (loss ??
    Promise.reject(new Error('the leader was not killed: too few flights were acknowledged')));
  progress.finish(
    `${groupDigits(Math.round(flights.length / (durationMs / 1000)))}/s; node ${lost.killed} killed, ` +
      `node ${lost.successor} led after ${formatDuration(lost.electionMs)}`,
  );
  return { ...lost, durationMs, pauseMs: pauses.longestMs };
}
