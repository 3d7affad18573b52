/** `hapax up`: a cluster of processes on this machine, until Ctrl-C. */
import { AppError } from '@hapax/base';
import { LocalCluster } from '@hapax/node/local-cluster';
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { usage } from '../exit-code.ts';
import { formatDuration } from '../output.ts';
import { startProgress } from '../progress.ts';
import type { CommandContext } from '../command-context.ts';
import { colorsFor, note, type Terminal } from '../terminal.ts';
import { collectPairs, parseWhole } from '../with-cluster.ts';

interface UpFlags {
  readonly nodes: number;
  readonly data: string;
  readonly ephemeral?: true;
  readonly kafkaPort: number;
  readonly set?: Readonly<Record<string, string>>;
}

const NODES_MAX = 9;
const PORT_MAX = 65_535;
/** A node that ends again and again has a reason that a further start does not cure. */
const RESTARTS_MAX = 5;
const RESTART_DELAY_MS = 1000;

/** Registers `hapax up`. */
export function addUpCommand({ program, terminal }: CommandContext): void {
  program
    .command('up')
    .summary('start a local cluster, until Ctrl-C')
    .description('Starts a cluster of processes on this machine, each node broker and controller, until Ctrl-C.')
    .option('-n, --nodes <number>', 'how many nodes', parseWhole('--nodes', 1, NODES_MAX), 3)
    .option('--data <directory>', 'where data and logs are kept', '.hapax')
    .option('--ephemeral', 'keep data in a temporary directory, removed at the end')
    .option(
      '--kafka-port <port>',
      "the first node's port, the others' follow",
      parseWhole('--kafka-port', 1, PORT_MAX),
      9092,
    )
    .option('--set <key=value>', 'a setting of every node (docs/CONFIGURATION.md); may be repeated', collectPairs)
    .action((flags: UpFlags) => up(terminal, flags));
}

async function up(terminal: Terminal, flags: UpFlags): Promise<void> {
  await requireFreePorts(flags);
  const directory = flags.ephemeral ? mkdtempSync(join(tmpdir(), 'hapax-')) : resolve(flags.data);
  const interrupted = new Promise<'interrupted'>((done) => {
    terminal.onInterrupt(() => done('interrupted'));
  });
  const startedAt = performance.now();
  const progress = startProgress(
    terminal,
    flags.nodes === 1 ? 'starting a node' : `starting ${flags.nodes} nodes`,
    flags.nodes,
  );
  const restarts = new Map<number, number>();
  let stopping = false;
  const cluster = await LocalCluster.prepare({
    nodes: flags.nodes,
    directory,
    kafkaPort: flags.kafkaPort,
    isEphemeral: flags.ephemeral === true,
    ...(flags.set === undefined ? {} : { settings: flags.set }),
    onProgress: (ready) => progress.update(ready, `${ready} ready`),
    onUnexpectedExit: (id, code) => {
      if (!stopping) restart(terminal, cluster, id, code, restarts);
    },
  });
  try {
    const outcome = await Promise.race([cluster.startAll(), interrupted]);
    if (outcome === 'interrupted') progress.abandon();
    else {
      progress.finish(`ready in ${formatDuration(performance.now() - startedAt)}`);
      greet(terminal, cluster, flags);
      await interrupted;
    }
  } catch (error) {
    progress.abandon();
    throw error;
  } finally {
    stopping = true;
    await stop(terminal, cluster);
  }
}

async function stop(terminal: Terminal, cluster: LocalCluster): Promise<void> {
  note(terminal, '');
  const startedAt = performance.now();
  const progress = startProgress(terminal, 'stopping', cluster.nodes.length);
  let stopped = 0;
  await Promise.all(
    cluster.nodes.map(async (node) => {
      await node.stop();
      progress.update(++stopped);
    }),
  );
  await cluster.stop();
  progress.finish(`stopped in ${formatDuration(performance.now() - startedAt)}`);
}

function restart(
  terminal: Terminal,
  cluster: LocalCluster,
  id: number,
  code: number | null,
  restarts: Map<number, number>,
): void {
  const node = cluster.node(id);
  const count = (restarts.get(id) ?? 0) + 1;
  restarts.set(id, count);
  const how = code === null ? 'was killed' : `ended with code ${code}`;
  if (count > RESTARTS_MAX) {
    note(terminal, `node ${id} ${how} for the ${count}th time and stays down; see ${node.logFile}`);
    return;
  }
  note(terminal, `node ${id} ${how}; it is started again (${count} of ${RESTARTS_MAX}); see ${node.logFile}`);
  const timer = setTimeout(() => node.start(), RESTART_DELAY_MS);
  timer.unref();
}

function greet(terminal: Terminal, cluster: LocalCluster, flags: UpFlags): void {
  const colors = colorsFor(terminal, terminal.output);
  const bootstrap = cluster.nodes.map((node) => `localhost:${node.kafka.port}`).join(',');
  const first = `localhost:${cluster.nodes[0]?.kafka.port}`;
  const extra = flags.kafkaPort === 9092 ? '' : ` -b ${first}`;
  const data = flags.ephemeral ? `${cluster.directory} (removed at the end)` : relative('.', cluster.directory) || '.';
  const lines = [
    '',
    `  ${colors.bold('bootstrap')}  ${colors.green(bootstrap)}`,
    `  ${colors.bold('data')}       ${data}`,
    `  ${colors.bold('logs')}       ${join(relative('.', cluster.directory) || '.', 'node-*.log')}`,
    '',
    `  try        ${colors.cyan(`hapax cluster health${extra}`)}`,
    `             ${colors.cyan(`echo hello | hapax produce greetings${extra}`)}`,
    `             ${colors.cyan(`kcat -b ${first} -L`)}`,
    '',
    `  Ctrl-C stops the cluster${flags.ephemeral ? ' and removes its data' : '; the data stays'}.`,
    '',
  ];
  terminal.output.write(`${lines.join('\n')}\n`);
}

/** Says which port is taken before three nodes say so in their logs. */
async function requireFreePorts({ nodes, kafkaPort }: UpFlags): Promise<void> {
  if (kafkaPort + nodes - 1 > PORT_MAX)
    throw usage(`--kafka-port ${kafkaPort} leaves no ${nodes} ports up to ${PORT_MAX}`);
  for (let port = kafkaPort; port < kafkaPort + nodes; port++) {
    if (await isFree(port)) continue;
    const message = `port ${port} is taken: is a cluster up already? Stop it, or choose others with --kafka-port`;
    throw new AppError('not-ready', message, { retriable: true, definite: true });
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(false));
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
  });
}
