/** The command line before anything runs: help, suggestions, exit codes. */
import { ExitCode, runProgram } from '@hapax/cli';
import { describe, expect, test } from 'vitest';
import { testTerminal } from './test-terminal.ts';

async function run(...args: string[]): Promise<{ code: number; out: string; notes: string }> {
  const terminal = testTerminal('', { HAPAX_BOOTSTRAP: '127.0.0.1:1' });
  const code = await runProgram(args, terminal, '1.2.3');
  return { code, out: terminal.written(), notes: terminal.notes() };
}

describe('help', () => {
  test('names every command, with examples and exit codes, and is no failure', async () => {
    for (const args of [[], ['--help']]) {
      const { code, out } = await run(...args);
      expect(code).toBe(ExitCode.ok);
      for (const command of [
        'up',
        'start',
        'demo',
        'produce',
        'consume',
        'topic',
        'group',
        'txn',
        'cluster',
        'partition',
        'log',
        'doctor',
      ]) {
        expect(out).toMatch(new RegExp(`^  ${command} `, 'mu'));
      }
      expect(out).toContain('Examples:');
      expect(out).toContain('Exit codes: 0 done, 1 failed, 2 usage, 3 not ready, 4 verdict failed.');
    }
  });

  test('keeps within the width of a terminal', async () => {
    for (const command of [
      ['--help'],
      ['topic', '--help'],
      ['topic', 'create', '--help'],
      ['consume', '--help'],
      ['demo', '--help'],
      ['demo', 'bank', '--help'],
      ['group', 'reset-offsets', '--help'],
      ['txn', 'abort', '--help'],
      ['txn', 'find-hanging', '--help'],
      ['partition', 'describe', '--help'],
    ]) {
      const { out } = await run(...command);
      expect(out).not.toBe('');
      for (const line of out.split('\n')) expect(line.length, line).toBeLessThanOrEqual(110);
    }
  });

  test('has no colors in a pipe, and has them where they are forced', async () => {
    expect((await run('--help')).out).not.toContain('\u001B[');
    const forced = testTerminal('', { FORCE_COLOR: '1' });
    await runProgram(['--help'], forced, '1');
    expect(forced.written()).toContain('\u001B[');
    const both = testTerminal('', { FORCE_COLOR: '1', NO_COLOR: '1' });
    await runProgram(['--help'], both, '1');
    expect(both.written()).not.toContain('\u001B[');
  });

  test('the version alone is printed for --version', async () => {
    expect(await run('--version')).toEqual({ code: 0, out: '1.2.3\n', notes: '' });
  });
});

describe('a command line that makes no sense', () => {
  const cases: readonly (readonly [readonly string[], string])[] = [
    [['tpoic', 'list'], 'Did you mean topic?'],
    [['topic', 'craete', 'a'], 'Did you mean create?'],
    [['up', '--ephemereal'], 'Did you mean --ephemeral?'],
    [['topic', 'create'], "missing required argument 'name'"],
    [
      ['topic', 'create', 'a', '--partitions', 'many'],
      '--partitions is "many": it must be a whole number from 1 to 100000',
    ],
    [['topic', 'create', 'a', '-c', 'retention.ms'], '"retention.ms" is no setting: write key=value'],
    [['topic', 'alter', 'a'], 'nothing to change'],
    [['topic', 'list', '-o', 'xml'], 'Allowed choices are table, json, yaml'],
    [['topic', 'list', '-b', 'nowhere'], 'write host:port'],
    [['topic', 'list', '--timeout', 'soon'], '"soon" is no span of time'],
    [['demo', '--rows', '10'], '--rows is "10": it must be a whole number from 50000 to 200000'],
    [['demo', 'bank', '--seconds', '1'], '--seconds is "1": it must be a whole number from 5 to 600'],
    [['demo', 'bank', '-o', 'xml'], 'Allowed choices are table, json, yaml'],
    [['demo', 'banc'], 'too many arguments'],
    [['produce'], 'name a topic'],
    [['produce', 't', '-X', 'ackss=1'], 'did you mean acks?'],
    [['produce', 't', '-k', ''], 'a delimiter must not be empty'],
    [['consume', 't', '-o', 'somewhere'], '-o somewhere: write beginning, end'],
    [['consume', 't', '-g', 'g', '-p', '0'], 'leave -p out'],
    [['group', 'reset-offsets', 'g'], "required option '--to <where>' not specified"],
    [['group', 'reset-offsets', 'g', '--to', 'nowhere'], '--to nowhere: write earliest'],
    [['txn', 'list', '--state', 'Open'], '--state is "Open": choose one of Empty, Ongoing'],
    [['txn', 'abort'], 'name a transactional id, or --topic, --partition and one of'],
    [['txn', 'abort', '--topic', 't', '--partition', '0'], 'one of --start-offset and --producer-id'],
    [['txn', 'abort', 'id', '--topic', 't'], 'or where the transaction lies; not both'],
    [['doctor', 'connect', 'a:b:c'], '"a:b:c" is no address'],
    [['up', '--nodes', '0'], '--nodes is "0"'],
    [['up', '--kafka-port', '65535'], 'leaves no 3 ports'],
    [['log', 'dump', 'absent.log'], 'there is no absent.log'],
    [['log', 'dump', '.'], 'a file is needed'],
    [['start', '--config', 'absent.yaml'], 'there is no absent.yaml'],
    [['start', '--set', 'kafka.prot=1'], 'did you mean kafka.port?'],
  ];
  for (const [args, said] of cases) {
    test(`hapax ${args.join(' ')} ends with 2 and says what to write`, async () => {
      const { code, notes } = await run(...args);
      expect(notes).toContain(said);
      expect(code).toBe(ExitCode.usage);
    });
  }

  test('a noun without a verb shows the verbs', async () => {
    const { code, notes } = await run('topic');
    expect(code).toBe(ExitCode.usage);
    expect(notes).toContain('describe');
  });
});

describe('a cluster that is not there', () => {
  test('is exit code 3, with a next step', async () => {
    const { code, notes } = await run('topic', 'list', '--timeout', '300ms');
    expect(code).toBe(ExitCode.notReady);
    expect(notes).toContain('none of 127.0.0.1:1 answered within 300 ms');
    expect(notes).toContain('next:  `hapax doctor connect HOST:PORT`');
  });

  test('the doctor names the step where it ends', async () => {
    const { code, out } = await run('doctor', 'connect', '127.0.0.1:1');
    expect(code).toBe(ExitCode.verdictFailed);
    expect(out).toContain('✓ name');
    expect(out).toContain('✗ port');
    expect(out).toContain('nothing listens on port 1');
    expect(out).toContain('the first broken step is port');
  });

  test('the doctor answers programs too', async () => {
    const { code, out } = await run('doctor', 'connect', '127.0.0.1:1', '-o', 'json');
    const value = JSON.parse(out) as { ok: boolean; steps: { name: string; state: string }[] };
    expect(code).toBe(ExitCode.verdictFailed);
    expect(value.ok).toBe(false);
    expect(value.steps.map(({ name, state }) => `${name} ${state}`)).toEqual(['name ok', 'port broken']);
  });
});
