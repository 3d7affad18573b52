/** The demo from its first node to its ledger. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '@hapax/base';
import { connect, type HapaxClient } from '@hapax/client';
import { LocalCluster } from '@hapax/node/local-cluster';
import { formatDuration, printResult, type OutputFormat } from '../output.ts';
import { startProgress } from '../progress.ts';
import { colorsFor, note, type Terminal } from '../terminal.ts';
import { waitForTopic } from '../wait-for-topic.ts';
import { auditLog } from './audit-log.ts';
import { readFlights as loadFlights } from './flights.ts';
import { Ledger } from './ledger.ts';
import { ledgerView } from './ledger-view.ts';
import { readFlights } from './read-flights.ts';
import { sendFlights } from './send-flights.ts';

const TOPIC = 'flights';
const GROUP = 'flight-readers';
const PARTITIONS = 6;
const NODES = 3;
const IN_SYNC_TIMEOUT_MS = 60_000;

/** Members notice a death sooner than by default, and nodes write no more log than is read. */
const SETTINGS = { 'log.level': 'warn', 'group.min.session.timeout.ms': '1000' };

export interface DemoOptions {
  readonly rows: number;
  readonly output: OutputFormat;
}

/** Runs the demo and prints its ledger. Answers whether the ledger is clean. Throws `closed` when interrupted. */
export async function runDemo(terminal: Terminal, options: DemoOptions): Promise<boolean> {
  const startedAt = performance.now();
  const flights = loadFlights(options.rows);
  const cluster = await startNodes(terminal);
  let stopListening = (): void => undefined;
  const interrupted = new Promise<never>((_, reject) => {
    stopListening = terminal.onInterrupt(() =>
      reject(new AppError('closed', 'interrupted', { retriable: true, definite: true })),
    );
  });
  const bootstrap = cluster.bootstrap.map(({ host, port }) => `${host}:${port}`).join(',');
  try {
    const client = await connect({ bootstrap, clientId: 'flights' });
    try {
      return await Promise.race([
        interrupted,
        perform({ terminal, cluster, client, bootstrap, flights, options, startedAt }),
      ]);
    } finally {
      await client.close();
    }
  } finally {
    stopListening();
    await cluster.stop();
  }
}

async function startNodes(terminal: Terminal): Promise<LocalCluster> {
  const startedAt = performance.now();
  const progress = startProgress(terminal, `starting ${NODES} nodes`, NODES);
  try {
    const cluster = await LocalCluster.start({
      nodes: NODES,
      directory: mkdtempSync(join(tmpdir(), 'hapax-demo-')),
      isEphemeral: true,
      settings: SETTINGS,
      onProgress: (ready) => progress.update(ready),
    });
    progress.finish(`ready in ${formatDuration(performance.now() - startedAt)}`);
    return cluster;
  } catch (error) {
    progress.abandon();
    throw error;
  }
}

interface Stage {
  readonly terminal: Terminal;
  readonly cluster: LocalCluster;
  readonly client: HapaxClient;
  readonly bootstrap: string;
  readonly flights: readonly string[];
  readonly options: DemoOptions;
  readonly startedAt: number;
}

async function perform({ terminal, cluster, client, bootstrap, flights, options, startedAt }: Stage): Promise<boolean> {
  const admin = client.admin();
  await admin.createTopics([{ topic: TOPIC, partitions: PARTITIONS, replicationFactor: NODES }]);
  await waitForTopic(terminal, admin, TOPIC, IN_SYNC_TIMEOUT_MS);
  const ledger = new Ledger(flights);
  const sending = await sendFlights({ terminal, cluster, client, topic: TOPIC, flights, ledger });
  await waitForTopic(terminal, admin, TOPIC, IN_SYNC_TIMEOUT_MS);
  const reading = await readFlights({ terminal, admin, bootstrap, topic: TOPIC, group: GROUP, ledger });
  await auditLog(terminal, client, TOPIC, ledger);
  const balance = ledger.balance();
  const colors = colorsFor(terminal, terminal.output);
  note(terminal, '');
  printResult(terminal, options.output, ledgerView(colors, balance, sending, reading));
  note(terminal, colors.dim(`\nall of it in ${formatDuration(performance.now() - startedAt)}`));
  return balance.isClean;
}
