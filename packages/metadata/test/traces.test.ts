/** Golden traces: each file in testdata tells one story of a controller. */
import { describe, expect, test } from 'vitest';
import { type DatadrivenCase, findArg, runDatadriven } from '@hapax/testkit';
import { errorName } from '@hapax/base';
import { decodeBatch, type MetadataRecord, type PartitionImage } from '../src/index.ts';
import { TestCluster } from './test-cluster.ts';

/** Runs a script of words on a cluster; each prints the records that it wrote, and the partitions as they are then. */
class Trace {
  private readonly cluster = new TestCluster();
  private shown = 0;

  run(step: DatadrivenCase): string {
    const answer = this.perform(step);
    const lines = answer === '' ? [] : [answer];
    for (; this.shown < this.cluster.index; this.shown++) {
      const batch = decodeBatch(this.cluster.batches[this.shown] as Uint8Array);
      lines.push(...batch.map((record) => `${this.shown + 1}: ${describeRecord(record)}`));
    }
    return [...lines, ...this.partitions()].join('\n');
  }

  private perform(step: DatadrivenCase): string {
    const { cluster } = this;
    const [first = 0] = numbers(step, 'broker');
    switch (step.command) {
      case 'start':
        cluster.start(...numbers(step, 'brokers'));
        return '';
      case 'create':
        return errorName(cluster.createTopic('t', numbers(step, 'replicas')).error);
      case 'isr':
        return errorName(cluster.alterIsr('t', numbers(step, 'to')).error);
      case 'kill':
        cluster.kill(first);
        return '';
      case 'restart':
        cluster.register(first, { clean: findArg(step, 'clean') !== undefined });
        cluster.heartbeat(first);
        return '';
      case 'shutdown':
        return cluster.heartbeat(first, { shutdown: true }).shouldShutdown ? 'may stop' : 'must wait';
      case 'report':
        cluster.heartbeat(first);
        return '';
      case 'reassign': {
        const partitions = [{ partition: 0, replicas: numbers(step, 'to') }];
        cluster.ask({ type: 'alter-reassignments', topics: [{ name: 't', partitions }] });
        return '';
      }
      default:
        throw new Error(`${step.position}: unknown command ${step.command}`);
    }
  }

  private partitions(): string[] {
    return (this.cluster.image.topicByName('t')?.partitions ?? []).map(describePartition);
  }
}

function numbers(step: DatadrivenCase, key: string): number[] {
  return (findArg(step, key) ?? []).map(Number);
}

/** Without the fields that are drawn at random or the same in every record. */
function describeRecord(record: MetadataRecord): string {
  const { type, ...rest } = record;
  const hidden = ['topicId', 'clusterId', 'incarnationId', 'endpoints', 'features', 'rack', 'brokerEpoch'];
  const fields = Object.entries(rest).filter(([name]) => !hidden.includes(name));
  return [type, ...fields.map(([name, value]) => `${name}=${JSON.stringify(value)}`)].join(' ');
}

function describePartition(partition: PartitionImage): string {
  const { leader, leaderEpoch, partitionEpoch, isr, elr, lastKnownElr, replicas, leaderRecoveryState } = partition;
  const last = lastKnownElr.length === 0 ? '' : ` last known [${lastKnownElr}]`;
  const recovering = leaderRecoveryState === 'recovered' ? '' : ' recovering';
  const sync = `isr [${isr}] elr [${elr}]${last} of [${replicas}]${recovering}`;
  return `  leader ${leader} @${leaderEpoch}/${partitionEpoch} ${sync}`;
}

describe('golden traces', () => {
  test.each(['failover', 'shutdown-and-reassignment'])('%s', (name) => {
    const trace = new Trace();
    let steps = 0;
    runDatadriven(new URL(`testdata/${name}.txt`, import.meta.url).pathname, (step) => {
      steps += 1;
      return trace.run(step);
    });
    expect(steps).toBeGreaterThan(5);
  });
});
