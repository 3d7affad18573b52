/** Runs the traces in testdata: whole lives of transactional ids. */
import { ErrorCode } from '@hapax/base';
import { findArg, runDatadriven, type DatadrivenCase } from '@hapax/testkit';
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { MarkerTask, TransactionRecord, TransactionVersion } from '../src/index.ts';
import { CoordinatorRig, transaction } from './coordinator-rig.ts';

const TRACES = new URL('testdata/', import.meta.url);

/**
 * Clients are named and remember the producer id and epoch that they were told last. After each command stand the
 * answers that came, the records that were appended (those of one append beside each other) and the markers that are
 * owed from then on.
 */
class Trace {
  private rig = new CoordinatorRig();
  private readonly known = new Map<string, { producerId: number; producerEpoch: number }>();
  private readonly asked = new Map<string, { readonly client: string; readonly api: string }>();
  private printedAnswers = 0;
  private printedRecords = 0;
  private readonly printedTasks = new Set<MarkerTask>();

  run(command: DatadrivenCase): string {
    const [client = ''] = command.args.filter((arg) => arg.values.length === 0).map((arg) => arg.key);
    const { appends } = this.rig;
    const token = this.execute(command, client);
    if (token !== undefined) this.asked.set(token, { client, api: command.command });
    const lines = [...this.answers(), ...this.records(appends), ...this.tasks()];
    const open = [...this.asked].filter(([each]) => this.rig.isWaiting(each));
    const waiting = open.map(([, by]) => `${by.client} ${by.api}`);
    if (waiting.length > 0) lines.push(`  waiting: ${waiting.join(', ')}`);
    return lines.length === 0 ? '  nothing' : lines.join('\n');
  }

  private execute(command: DatadrivenCase, client: string): string | undefined {
    const one = (key: string): string | undefined => findArg(command, key)?.[0];
    const me = this.known.get(client) ?? { producerId: -1, producerEpoch: -1 };
    const version = Number(one('version') ?? 5);
    const who = {
      producerId: Number(one('producer') ?? me.producerId),
      producerEpoch: Number(one('epoch') ?? me.producerEpoch),
    };
    switch (command.command) {
      case 'init': {
        const expects = command.args.some((arg) => arg.key === 'again') ? who : {};
        return this.rig.init({ ...expects, timeoutMs: Number(one('timeout') ?? 60_000) }, client);
      }
      case 'add':
        return this.rig.add({
          ...who,
          partitions: (findArg(command, 'partitions') ?? ['0']).map(Number),
          transactionVersion: version >= 5 ? 2 : 0,
        }, client);
      case 'commit':
      case 'abort':
        return this.rig.end({ ...who, committed: command.command === 'commit', version }, client);
      default:
        return this.control(command, one);
    }
  }

  private control(command: DatadrivenCase, one: (key: string) => string | undefined): undefined {
    const { rig } = this;
    switch (command.command) {
      case 'given': {
        const producerEpoch = Number(one('epoch'));
        rig.given(transaction({ producerEpoch }));
        this.known.set(one('client') ?? '', { producerId: 100, producerEpoch });
        return undefined;
      }
      case 'server':
        rig.transactionVersion = Number(one('version')) as TransactionVersion;
        return undefined;
      case 'markers': {
        const partitions = findArg(command, 'partitions')?.map(Number);
        rig.markersWritten(rig.tasks, partitions && [{ topic: 'x', partitions }]);
        return undefined;
      }
      case 'advance':
        rig.advance(Number(one('ms')));
        return undefined;
      case 'hold-commits':
        rig.commits = false;
        return undefined;
      case 'release-commits':
        rig.commits = true;
        rig.settle();
        return undefined;
      case 'refuse':
        rig.refuseWith = ErrorCode[(one('error') ?? '') as keyof typeof ErrorCode];
        return undefined;
      case 'move':
        rig.move({ keepUncommitted: one('uncommitted') !== 'lost' });
        this.printedRecords = Math.min(this.printedRecords, rig.entries.length);
        return undefined;
      default:
        throw new Error(`${command.position}: unknown command ${command.command}`);
    }
  }

  private answers(): string[] {
    const fresh = this.rig.order.slice(this.printedAnswers);
    this.printedAnswers = this.rig.order.length;
    return fresh.map((token) => {
      const { client, api } = this.asked.get(token) ?? { client: '?', api: '?' };
      return `${client} ${api}: ${this.learn(token, client)}`;
    });
  }

  private learn(token: string, client: string): string {
    const { producerId = -1, producerEpoch = -1 } = this.rig.answer(token);
    if (producerId >= 0) this.known.set(client, { producerId, producerEpoch });
    return this.rig.outcome(token);
  }

  private records(appendsBefore: number): string[] {
    const fresh = this.rig.entries.slice(this.printedRecords);
    this.printedRecords = this.rig.entries.length;
    const appends = this.rig.appends - appendsBefore;
    const lines = fresh.map(({ record, at }) => `  log ${at.offset}: ${describeRecord(record)}`);
    return appends > 0 && fresh.length > appends ? [...lines, `  in ${appends} append`] : lines;
  }

  private tasks(): string[] {
    const fresh = this.rig.tasks.filter((task) => !this.printedTasks.has(task));
    for (const task of fresh) this.printedTasks.add(task);
    return fresh.map(({ kind, producerId, producerEpoch, coordinatorEpoch, transactionVersion, partitions }) =>
      `  markers: ${kind} ${producerId}/${producerEpoch} coordinator-epoch=${coordinatorEpoch} TV${transactionVersion} `
      + partitions.map(({ topic, partitions: its }) => `${topic}-${its.join(',')}`).join(' '));
  }
}

function describeRecord({ value, who }: TransactionRecord): string {
  if (value === null) return `deleted by ${who}`;
  const { state, producerId, producerEpoch, previousProducerId, nextProducerId, topics } = value;
  const parts = [`${state} ${producerId}/${producerEpoch}`];
  if (previousProducerId >= 0) parts.push(`previous=${previousProducerId}`);
  if (nextProducerId >= 0) parts.push(`next=${nextProducerId}`);
  parts.push(...topics.map(({ topic, partitions }) => `${topic}-${partitions.join(',')}`));
  return `${parts.join(' ')} by ${who}`;
}

describe('golden traces', () => {
  const files = readdirSync(TRACES).filter((file) => file.endsWith('.txt'));
  test('are there', () => expect(files.length).toBeGreaterThan(0));
  test.each(files)('%s', (file) => {
    const trace = new Trace();
    runDatadriven(new URL(file, TRACES).pathname, (command) => trace.run(command));
  });
});
