/** One process, one node, one cluster for each data directory. */
import type { AppError } from '@hapax/base';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { openDataDirectory, readIdentity } from '../src/data-directory.ts';

const folder = mkdtempSync(join(tmpdir(), 'hapax-data-'));
afterAll(() => rmSync(folder, { recursive: true }));
let count = 0;
const newDirectory = (): string => join(folder, `data-${count++}`);
const identity = { clusterId: 'cluster-a', nodeId: 1 };

async function failureOf(opening: Promise<unknown>): Promise<AppError> {
  return (await opening.then(() => expect.fail('it opened'), (cause: unknown) => cause)) as AppError;
}

describe('a data directory', () => {
  test('is made at the first start and remembers whose it is', async () => {
    const directory = newDirectory();
    expect(readIdentity(directory)).toBe(undefined);
    const first = await openDataDirectory(directory, identity);
    expect(first.fresh).toBe(true);
    await first.store.close();
    expect(readIdentity(directory)).toEqual(identity);
    const second = await openDataDirectory(directory, identity);
    expect(second.fresh).toBe(false);
    await second.store.close();
  });

  test('of another cluster or node is refused with what to do', async () => {
    const directory = newDirectory();
    await (await openDataDirectory(directory, identity)).store.close();
    const cluster = await failureOf(openDataDirectory(directory, { clusterId: 'cluster-b', nodeId: 1 }));
    expect(cluster.code).toBe('data-foreign');
    expect(cluster.message).toContain('set cluster.id=cluster-a');
    const node = await failureOf(openDataDirectory(directory, { clusterId: 'cluster-a', nodeId: 2 }));
    expect(node.code).toBe('data-foreign');
    expect(node.message).toContain('set node.id=1');
  });

  test('of a later format, or with an unreadable meta.json, is refused', () => {
    const directory = mkdtempSync(join(folder, 'bad-'));
    const write = (text: string): void => writeFileSync(join(directory, 'meta.json'), text);
    write('{"formatVersion":2,"clusterId":"c","nodeId":1}');
    expect(() => readIdentity(directory)).toThrow('has format 2');
    for (const text of ['', '[1', '3', '{"formatVersion":1}']) {
      write(text);
      expect(() => readIdentity(directory)).toThrow(expect.objectContaining({ code: 'data-corrupt' }) as Error);
    }
  });

  test('is locked while a process has it open, and free as soon as that process was killed', async () => {
    const directory = newDirectory();
    const holder = fork(fileURLToPath(new URL('hold-data-directory.ts', import.meta.url)), [directory], {
      execArgv: ['--conditions=source', '--disable-warning=ExperimentalWarning'],
    });
    await once(holder, 'message');
    const refused = await failureOf(openDataDirectory(directory, identity));
    expect(refused.code).toBe('disk-locked');
    expect(refused.message).toContain(`pid ${holder.pid}`);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const opened = await openDataDirectory(directory, identity);
    expect(readFileSync(join(directory, 'node.pid'), 'utf8')).toBe(`${process.pid}\n`);
    await opened.store.close();
  }, 30_000);
});
