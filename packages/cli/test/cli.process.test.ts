/** The commands against a real cluster of three processes, and `hapax up` as the process that people start. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ExitCode, runProgram } from '@hapax/cli';
import { LocalCluster } from '@hapax/node/local-cluster';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testTerminal } from './test-terminal.ts';

const START_TIMEOUT_MS = 120_000;
const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const hasKcat = spawnSync('kcat', ['-V']).status === 0;

let directory: string;
let cluster: LocalCluster;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'hapax-cli-'));
  cluster = await LocalCluster.start({ nodes: 3, directory: join(directory, 'cluster') });
}, START_TIMEOUT_MS);

afterAll(async () => {
  await cluster?.stop();
  rmSync(directory, { recursive: true, force: true });
});

function bootstrap(): string {
  return cluster.bootstrap.map(({ host, port }) => `${host}:${port}`).join(',');
}

/** Runs a command line in this process against the cluster. */
async function hapax(line: readonly string[], input = ''): Promise<{ code: ExitCode; out: string; notes: string }> {
  const terminal = testTerminal(input, { HAPAX_BOOTSTRAP: bootstrap() });
  const code = await runProgram(line, terminal, '0');
  return { code, out: terminal.written(), notes: terminal.notes() };
}

/** Runs a command line that must succeed, and answers what it printed as JSON. */
async function json<T>(...line: string[]): Promise<T> {
  const { code, out, notes } = await hapax([...line, '-o', 'json']);
  expect(notes).toBe('');
  expect(code).toBe(ExitCode.ok);
  return JSON.parse(out) as T;
}

async function succeeds(line: readonly string[], input = ''): Promise<string> {
  const { code, out, notes } = await hapax(line, input);
  expect(code, notes).toBe(ExitCode.ok);
  return out;
}

interface Described {
  readonly partitions: readonly { readonly inSyncReplicas: readonly number[]; readonly endOffset: number }[];
}

interface DescribedGroup {
  readonly state: string;
  readonly lag: number;
  readonly members: readonly unknown[];
  readonly partitions: readonly { readonly partition: number; readonly committed: number | null }[];
}

describe('topics', () => {
  test('are made, listed, described, altered, enlarged and deleted', async () => {
    await succeeds(['topic', 'create', 'orders', '-p', '3', '-c', 'retention.ms=1000000', '--wait']);
    const [described] = await json<Described[]>('topic', 'describe', 'orders');
    expect(described?.partitions.map(({ inSyncReplicas }) => inSyncReplicas.length)).toEqual([3, 3, 3]);
    expect(await succeeds(['topic', 'list'])).toMatch(/^orders +3 +3 +0 +0$/mu);
    await succeeds(['topic', 'alter', 'orders', '--set', 'retention.ms=2000000', '--set', 'segment.bytes=1048576']);
    expect(await succeeds(['topic', 'describe', 'orders', '--configs'])).toMatch(/^retention\.ms +2000000 +topic$/mu);
    await succeeds(['topic', 'alter', 'orders', '--unset', 'retention.ms']);
    expect(await succeeds(['topic', 'describe', 'orders', '--configs'])).toMatch(
      /^retention\.ms +604800000 +default$/mu,
    );
    await succeeds(['topic', 'partitions', 'orders', '5', '--wait']);
    expect((await json<Described[]>('topic', 'describe', 'orders'))[0]?.partitions).toHaveLength(5);
    await succeeds(['topic', 'delete', 'orders', '--yes', '--wait']);
    expect(await json('topic', 'list')).toEqual([]);
  });

  test('a dry run changes nothing', async () => {
    await succeeds(['topic', 'create', 'dry', '--dry-run']);
    expect(await succeeds(['topic', 'list'])).not.toContain('dry');
    await succeeds(['topic', 'create', 'dry', '-p', '1', '--wait']);
    await succeeds(['topic', 'delete', 'dry', '--dry-run']);
    await succeeds(['topic', 'partitions', 'dry', '4', '--dry-run']);
    expect((await json<Described[]>('topic', 'describe', 'dry'))[0]?.partitions).toHaveLength(1);
  });

  test('what the cluster refuses is told with a next step', async () => {
    await succeeds(['topic', 'create', 'twice', '-p', '1']);
    const again = await hapax(['topic', 'create', 'twice', '-p', '1']);
    expect(again).toMatchObject({ code: ExitCode.failed });
    expect(again.notes).toContain('TOPIC_ALREADY_EXISTS');
    expect(again.notes).toContain('--if-not-exists');
    await succeeds(['topic', 'create', 'twice', '-p', '1', '--if-not-exists']);
    const absent = await hapax(['topic', 'describe', 'absent']);
    expect(absent).toMatchObject({ code: ExitCode.failed });
    expect(absent.notes).toContain('`hapax topic list` shows the topics');
    const asked = await hapax(['topic', 'delete', 'twice']);
    expect(asked).toMatchObject({ code: ExitCode.usage });
    expect(asked.notes).toContain('add --yes');
  });
});

describe('produce and consume', () => {
  test('lines with keys come back with key, partition and offset', async () => {
    await succeeds(['topic', 'create', 'lines', '-p', '2', '--wait']);
    await succeeds(['produce', 'lines', '-k', ':', '-H', 'from=test', '-z', 'zstd'], 'a:1\nb:2\na:3\nno key\n');
    const out = await succeeds(['consume', '-t', 'lines', '-e', '-f', '%k=%s %h\\n']);
    expect(out.split('\n').toSorted()).toEqual([
      '',
      '=no key from=test',
      'a=1 from=test',
      'a=3 from=test',
      'b=2 from=test',
    ]);
    expect(out.indexOf('a=1')).toBeLessThan(out.indexOf('a=3'));
  });

  test('reading begins and ends where it is told', async () => {
    await succeeds(['topic', 'create', 'counted', '-p', '1', '--wait']);
    const input = Array.from({ length: 1000 }, (_, at) => `${at}`).join('\n');
    const sent = await hapax(['produce', 'counted', '-p', '0'], input);
    expect(sent.notes).toContain('1,000 records in counted (partition 0: 1,000)');
    expect(await succeeds(['consume', 'counted', '-o', '990', '-c', '2'])).toBe('990\n991\n');
    expect(await succeeds(['consume', 'counted', '-o', '-2', '-e'])).toBe('998\n999\n');
    expect(await succeeds(['consume', 'counted', '-o', 'end', '-e'])).toBe('');
    expect(await succeeds(['consume', 'counted', '-o', '1h-ago', '-c', '1', '-f', '%p/%o'])).toBe('0/0');
    expect(await succeeds(['consume', 'counted', '-e'])).toBe(`${input}\n`);
    const none = await hapax(['consume', 'counted', '-p', '7', '-e']);
    expect(none).toMatchObject({ code: ExitCode.usage });
    expect(none.notes).toContain('partitions 0 to 0, not 7');
  });

  test('Ctrl-C ends a consumer that waits', async () => {
    await succeeds(['topic', 'create', 'quiet', '-p', '1', '--wait']);
    await succeeds(['produce', 'quiet'], 'only\n');
    const terminal = testTerminal('', { HAPAX_BOOTSTRAP: bootstrap() });
    const running = runProgram(['consume', 'quiet'], terminal, '0');
    while (terminal.written() === '') await new Promise((resolve) => setTimeout(resolve, 20));
    terminal.interrupt();
    expect(await running).toBe(ExitCode.ok);
    expect(terminal.written()).toBe('only\n');
  });

  test.skipIf(!hasKcat)(
    'kcat reads what was produced, and writes what is consumed (skipped where kcat is absent)',
    async () => {
      await succeeds(['topic', 'create', 'shared', '-p', '1', '--wait']);
      await succeeds(['produce', 'shared', '-k', '='], 'a=1\n');
      const kcat = (...args: string[]) =>
        spawnSync('kcat', ['-b', bootstrap(), '-t', 'shared', ...args], { input: 'b=2\n' });
      kcat('-P', '-K', '=');
      expect(kcat('-C', '-e', '-q', '-f', '%k=%s\n').stdout.toString()).toBe('a=1\nb=2\n');
      expect(await succeeds(['consume', 'shared', '-e', '-k', '='])).toBe('a=1\nb=2\n');
    },
  );
});

describe('groups', () => {
  test('remember, show their lag, are moved and deleted', async () => {
    await succeeds(['topic', 'create', 'grouped', '-p', '1', '--wait']);
    await succeeds(['produce', 'grouped'], '1\n2\n3\n');
    expect(await succeeds(['consume', 'grouped', '-g', 'readers', '-e'])).toBe('1\n2\n3\n');
    await succeeds(['produce', 'grouped'], '4\n');
    const [behind] = await json<DescribedGroup[]>('group', 'describe', 'readers');
    expect(behind).toMatchObject({ state: 'Empty', lag: 1, members: [], partitions: [{ committed: 3 }] });
    expect(await succeeds(['consume', 'grouped', '-g', 'readers', '-e'])).toBe('4\n');
    expect(await succeeds(['group', 'list'])).toMatch(/^readers +Empty +consumer$/mu);

    const dry = await hapax(['group', 'reset-offsets', 'readers', '--to', '-3', '--dry-run', '-o', 'json']);
    expect(JSON.parse(dry.out)).toMatchObject({
      moves: [{ topic: 'grouped', partition: 0, from: 4, to: 1, logEnd: 4 }],
    });
    expect((await json<DescribedGroup[]>('group', 'describe', 'readers'))[0]).toMatchObject({ lag: 0 });
    await succeeds(['group', 'reset-offsets', 'readers', '--to', '-3', '--yes']);
    expect(await succeeds(['consume', 'grouped', '-g', 'readers', '-e'])).toBe('2\n3\n4\n');

    await succeeds(['group', 'delete', 'readers', '--yes']);
    expect(await succeeds(['group', 'list'])).not.toContain('readers');
  });
});

describe('looking into a cluster', () => {
  test('it is described, and healthy', async () => {
    const described = await json<{ brokers: { nodeId: number }[] }>('cluster', 'describe');
    expect(described.brokers.map(({ nodeId }) => nodeId)).toEqual([1, 2, 3]);
    await succeeds(['cluster', 'health', '--wait', '--brokers', '3']);
    const few = await hapax(['cluster', 'health', '--brokers', '4']);
    expect(few).toMatchObject({ code: ExitCode.notReady });
    expect(few.out).toContain('3 brokers are here, 4 should be');
  });

  test('the doctor reaches every advertised address and every leader', async () => {
    const { code, out } = await hapax(['doctor', 'connect', bootstrap().split(',')[0] ?? '']);
    expect(code, out).toBe(ExitCode.ok);
    expect(out.match(/^✓ advertised/gmu)).toHaveLength(3);
    expect(out).toMatch(/^✓ leaders/mu);
  });

  test('segment files are dumped, and damage is told with its place', async () => {
    await succeeds(['topic', 'create', 'dumped', '-p', '1', '--wait']);
    await succeeds(['produce', 'dumped', '-k', ':'], 'k:first\n');
    await succeeds(['produce', 'dumped', '-k', ':'], 'k:second\n');
    const logs = join(directory, 'cluster', 'node-1', 'logs', 'dumped-0');
    const name = readdirSync(logs).find((file) => file.endsWith('.log')) ?? '';
    const copy = join(directory, name);
    writeFileSync(copy, readFileSync(join(logs, name)));
    const out = await succeeds(['log', 'dump', copy, '--records']);
    expect(out).toMatch(/^ +0 +\S+ +k +first +data$/mu);
    expect(out).toMatch(/^ +1 +\S+ +k +second +data$/mu);
    truncateSync(copy, readFileSync(copy).length - 3);
    const cut = await hapax(['log', 'dump', copy]);
    expect(cut).toMatchObject({ code: ExitCode.verdictFailed });
    expect(cut.out).toContain('is cut short');
  });
});

describe('hapax up', () => {
  /** Starts it as a process; resolves when it greets. */
  async function up(data: string): Promise<{ child: ChildProcess; port: number; output: () => string }> {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const args = ['--conditions=source', MAIN, 'up', '--nodes', '1', '--data', data, '--kafka-port', String(port)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
    while (!text.includes('Ctrl-C stops the cluster')) {
      if (child.exitCode !== null) throw new Error(`hapax up ended with ${child.exitCode}: ${text}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return { child, port, output: () => text };
  }

  function ended(child: ChildProcess): Promise<number | null> {
    return new Promise((resolve) => child.once('exit', (code) => resolve(code)));
  }

  /** The node's process, as its data directory names it. */
  function nodePid(data: string): number {
    return Number(/\d+/u.exec(readFileSync(join(data, 'node-1', 'node.pid'), 'utf8'))?.[0]);
  }

  function isAlive(pid: number): boolean {
    // A process that nobody has waited for yet is dead all the same.
    return existsSync(`/proc/${pid}`) && !/^State:\s+Z/mu.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  }

  test('serves until Ctrl-C, and finds its data again', async () => {
    const data = join(directory, 'up');
    const first = await up(data);
    const pid = nodePid(data);
    await succeeds(['produce', 'kept', '-b', `localhost:${first.port}`], 'still here\n');
    const stopped = ended(first.child);
    first.child.kill('SIGINT');
    expect(await stopped, first.output()).toBe(ExitCode.ok);
    expect(isAlive(pid)).toBe(false);

    const second = await up(data);
    expect(await succeeds(['consume', 'kept', '-e', '-b', `localhost:${second.port}`])).toBe('still here\n');
    const gone = ended(second.child);
    const orphan = nodePid(data);
    second.child.kill('SIGKILL');
    await gone;
    // The node notices that its parent died, and stops by itself.
    while (isAlive(orphan)) await new Promise((resolve) => setTimeout(resolve, 50));
  });

  test('a directory of another number of nodes is refused', async () => {
    const { code, notes } = await hapax([
      'up',
      '--nodes',
      '2',
      '--data',
      join(directory, 'cluster'),
      '--kafka-port',
      '30500',
    ]);
    expect(code).toBe(ExitCode.usage);
    expect(notes).toContain('is of a cluster of 3 nodes, not 2');
  });

  test('a port that is taken is told before anything starts', async () => {
    const port = String(cluster.nodes[0]?.kafka.port);
    const { code, notes } = await hapax([
      'up',
      '--nodes',
      '1',
      '--data',
      join(directory, 'taken'),
      '--kafka-port',
      port,
    ]);
    expect(code).toBe(ExitCode.notReady);
    expect(notes).toContain(`port ${port} is taken`);
    expect(existsSync(join(directory, 'taken'))).toBe(false);
  });
});
