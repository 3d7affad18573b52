/** Runs the traces in testdata: whole lives of groups. */
import { ErrorCode } from '@hapax/base';
import type { RecordPosition } from '@hapax/state-machine';
import { findArg, runDatadriven, type DatadrivenCase } from '@hapax/testkit';
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { LoggedRecord } from '../src/index.ts';
import { bytesOf, CoordinatorRig, protocol, textOf, type AnyAnswer } from './coordinator-rig.ts';

const TRACES = new URL('testdata/', import.meta.url);

/**
 * Commands speak of clients by name; a client remembers the member id and the generation that it was told. Member ids
 * are printed as `name#1`, `name#2`. After each command stand the answers that came, the records that were written and
 * the state of the group.
 */
class Trace {
  private rig = new CoordinatorRig();
  private readonly known = new Map<string, { memberId: string; generation: number }>();
  private readonly labels = new Map<string, string>();
  private readonly asked = new Map<string, { readonly client: string; readonly api: string }>();
  private printedAnswers = 0;
  private printedRecords = 0;

  run(command: DatadrivenCase): string {
    const [client = ''] = command.args.filter((arg) => arg.values.length === 0).map((arg) => arg.key);
    const token = this.execute(command, client);
    if (token !== undefined) this.asked.set(token, { client, api: command.command });
    return [...this.answers(), ...this.records(), this.state()].join('\n');
  }

  private execute(command: DatadrivenCase, client: string): string | undefined {
    const one = (key: string): string | undefined => findArg(command, key)?.[0];
    const number = (key: string, otherwise: number): number => Number(one(key) ?? otherwise);
    const me = this.known.get(client) ?? { memberId: '', generation: -1 };
    const groupInstanceId = one('instance') ?? null;
    switch (command.command) {
      case 'config':
        this.rig = new CoordinatorRig({ initialRebalanceDelayMs: number('delay', 0) });
        return undefined;
      case 'join': {
        const named = findArg(command, 'protocols') ?? ['range'];
        return this.rig.join({
          clientId: client, version: number('version', 9), groupInstanceId,
          memberId: command.args.some((arg) => arg.key === 'fresh') ? '' : me.memberId,
          sessionTimeoutMs: number('session', 10_000), rebalanceTimeoutMs: number('rebalance', 30_000),
          protocols: named.map((each) => protocol(each.split(':')[0] ?? '', each.split(':')[1] ?? '')),
        });
      }
      case 'sync': {
        const assignments = (findArg(command, 'assign') ?? []).map((each) => {
          const [name = '', assignment = ''] = each.split(':');
          return { memberId: this.known.get(name)?.memberId ?? '', assignment: bytesOf(assignment) };
        });
        return this.rig.sync(me.memberId, number('generation', me.generation), { assignments, groupInstanceId });
      }
      case 'heartbeat':
        return this.lastOf(() => this.rig.heartbeat(me.memberId, number('generation', me.generation), groupInstanceId));
      case 'leave':
        return this.rig.leave([{ memberId: me.memberId, groupInstanceId }]);
      case 'commit':
        return this.rig.commit({
          memberId: me.memberId, generationIdOrMemberEpoch: number('generation', me.generation),
          offset: number('offset', 1), groupInstanceId,
        });
      case 'txn-commit':
        return this.rig.txnCommit({
          producerId: number('producer', 7), memberId: me.memberId, generationId: number('generation', me.generation),
          offset: number('offset', 1), groupInstanceId,
        });
      case 'fetch':
        return this.rig.askOffsets({ requireStable: one('stable') !== 'no', partitions: [0] });
      default:
        return this.control(command, one);
    }
  }

  private control(command: DatadrivenCase, one: (key: string) => string | undefined): undefined {
    switch (command.command) {
      case 'advance':
        return this.rig.advance(Number(one('ms'))) as undefined;
      case 'hold-commits':
        this.rig.commits = false;
        return undefined;
      case 'release-commits':
        this.rig.commits = true;
        return this.rig.settle() as undefined;
      case 'refuse':
        this.rig.log.refuseWith = ErrorCode[(one('error') ?? '') as keyof typeof ErrorCode];
        return undefined;
      case 'marker':
        this.rig.mark(one('outcome') === 'abort' ? 'abort' : 'commit', Number(one('producer') ?? 7));
        return undefined;
      case 'move':
        return this.rig.load({ keepUncommitted: one('uncommitted') !== 'lost' }) as undefined;
      default:
        throw new Error(`${command.position}: unknown command ${command.command}`);
    }
  }

  /** For calls of the rig that give the answer and not the token. */
  private lastOf(call: () => unknown): string {
    call();
    return this.rig.order.at(-1) ?? '';
  }

  private answers(): string[] {
    const fresh = this.rig.order.slice(this.printedAnswers);
    this.printedAnswers = this.rig.order.length;
    return fresh.map((token) => this.describeAnswer(token, this.rig.answer(token)));
  }

  private describeAnswer(token: string, answer: AnyAnswer): string {
    const { client, api } = this.asked.get(token) ?? { client: '?', api: '?' };
    const code = answer.errorCode || (answer.topics?.[0]?.partitions?.[0]?.errorCode ?? 0);
    const parts = [`${client} ${api}: ${code === 0 ? 'ok' : errorName(code)}`];
    if (api === 'join') {
      const { memberId = '', generationId = -1 } = answer;
      this.known.set(client, { memberId, generation: generationId });
      if (memberId !== '') parts.push(`member=${this.label(memberId)}`);
      if (generationId >= 0) parts.push(`generation=${generationId} protocol=${answer.protocolName}`);
      if (answer.leader) parts.push(`leader=${this.label(answer.leader)}`);
      if (answer.skipAssignment) parts.push('skip-assignment');
      if (answer.members?.length) {
        const members = answer.members.map(({ memberId: id = '', metadata }) => {
          return `${this.label(id)}:${textOf(metadata)}`;
        });
        parts.push(`members=(${members.join(', ')})`);
      }
    }
    if (api === 'fetch' && code === 0) parts.push(`offset=${answer.topics?.[0]?.partitions?.[0]?.committedOffset}`);
    if (api === 'sync' && code === 0) parts.push(`assignment=${textOf(answer.assignment)}`);
    return parts.join(' ');
  }

  private records(): string[] {
    const fresh = this.rig.log.read().filter(({ at }) => at.offset >= this.printedRecords);
    this.printedRecords = this.rig.log.entries.length;
    return fresh.map(({ record, at }) => {
      return `  log ${at.offset}: ${this.describeRecord(record)}${ownerOf(record, at)}`;
    });
  }

  private describeRecord(record: LoggedRecord): string {
    if (record.kind === 'transaction-end') return `${record.outcome} of producer ${record.producerId}`;
    if (record.value === null) return `${record.kind} deleted`;
    if (record.kind === 'offset') return `offset ${record.topic}-${record.partition}=${record.value.offset}`;
    const { generation, protocol: chosen, leader, members } = record.value;
    const listed = members.map((member) => `${this.label(member.memberId)}:${textOf(member.assignment)}`);
    return `group generation=${generation} protocol=${chosen} leader=${leader === null ? null : this.label(leader)}`
      + ` members=(${listed.join(', ')})`;
  }

  private state(): string {
    const group = this.rig.coordinator.groups.find('g');
    if (group === undefined) return '  no group';
    const members = group.members.map((member) => this.label(member.memberId)).join(' ');
    return `  ${group.state} generation=${group.generation} members=[${members}]`;
  }

  private label(memberId: string): string {
    const known = this.labels.get(memberId);
    if (known !== undefined) return known;
    const name = memberId.slice(0, -23);
    const count = [...this.labels.values()].filter((label) => label.startsWith(`${name}#`)).length;
    this.labels.set(memberId, `${name}#${count + 1}`);
    return `${name}#${count + 1}`;
  }
}

function ownerOf(record: LoggedRecord, { producer }: RecordPosition): string {
  return record.kind === 'transaction-end' || producer === undefined ? '' : ` of producer ${producer.producerId}`;
}

function errorName(code: number): string {
  return Object.entries(ErrorCode).find(([, value]) => value === code)?.[0] ?? String(code);
}

describe('golden traces', () => {
  const files = readdirSync(TRACES).filter((file) => file.endsWith('.txt'));
  test('are there', () => expect(files.length).toBeGreaterThan(0));
  test.each(files)('%s', (file) => {
    const trace = new Trace();
    runDatadriven(new URL(file, TRACES).pathname, (command) => trace.run(command));
  });
});
