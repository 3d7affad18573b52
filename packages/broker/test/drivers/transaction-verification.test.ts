/** Who waits for a coordinator, who makes way for whom, and what becomes of a question when its node goes. */
import { ErrorCode } from '@hapax/base';
import type { AddPartitions, TransactionAnswer, TransactionRequest } from '@hapax/rpc';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { TransactionLinks } from '../../src/drivers/transaction-links.ts';
import { TransactionVerification, type VerificationRequest } from '../../src/drivers/transaction-verification.ts';
import { TestCluster } from '../support/test-cluster.ts';
import type { TestNode } from '../support/test-node.ts';
import { coordinatorNode } from '../support/transaction-client.ts';

const ID = 'asked';
let cluster: TestCluster;
let node: TestNode;
let held: { readonly request: AddPartitions; answer(errors: readonly ErrorCode[]): void }[];
let verification: TransactionVerification;
let outcomes: Map<string, readonly ErrorCode[]>;

beforeAll(() => {
  cluster = new TestCluster();
  node = coordinatorNode(cluster, ID);
  // Until every node knows who coordinates.
  cluster.runFor(500);
});

beforeEach(() => {
  held = [];
  outcomes = new Map();
  const { metadata, ports } = node.broker.services;
  const serve = (request: TransactionRequest, answer: (answer: TransactionAnswer) => void): void => {
    held.push({ request: request as AddPartitions, answer: (errors) => answer({ type: 'partitions-added', errors }) });
  };
  const links = new TransactionLinks(node.options, ports, metadata, { serve });
  verification = new TransactionVerification({ ports, metadata, links, max: 5 });
});

function ask(name: string, more: Partial<VerificationRequest> = {}): { cancel(): void } {
  const partitions = [{ topic: 't', index: 0 }];
  const plain = { transactionalId: ID, producerId: 7, producerEpoch: 3, mode: 'verify', partitions, connectionId: 1 };
  const request = { ...plain, ...more } as VerificationRequest;
  return verification.ask(request, (errors) => outcomes.set(name, errors));
}

describe('a question', () => {
  test('is answered by partition, in the order in which it was asked', () => {
    const partitions = [{ topic: 'b', index: 1 }, { topic: 'a', index: 0 }, { topic: 'b', index: 0 }];
    ask('one', { partitions });
    expect(held[0]?.request.topics).toEqual([{ topic: 'b', partitions: [1, 0] }, { topic: 'a', partitions: [0] }]);
    expect(verification.size).toBe(1);
    held[0]?.answer([0, 120, 3]);
    expect(outcomes.get('one')).toEqual([0, 3, 120]);
    expect(verification.size).toBe(0);
  });

  test('makes way for one of a newer epoch, and is refused beside one [V6]', () => {
    ask('old');
    ask('new', { producerEpoch: 4 });
    expect(outcomes.get('old')).toEqual([ErrorCode.INVALID_PRODUCER_EPOCH]);
    ask('older', { producerEpoch: 2 });
    expect(outcomes.get('older')).toEqual([ErrorCode.INVALID_PRODUCER_EPOCH]);
    held[0]?.answer([0]);
    held[1]?.answer([0]);
    expect(outcomes.get('old')).toEqual([ErrorCode.INVALID_PRODUCER_EPOCH]);
    expect(outcomes.get('new')).toEqual([0]);
  });

  test('makes way for the same one asked again on another connection, and not for others of its client [V6]', () => {
    ask('first');
    ask('beside', { partitions: [{ topic: 't', index: 1 }] });
    ask('pipelined');
    expect(outcomes.size).toBe(0);
    ask('again', { connectionId: 2 });
    expect(outcomes.get('first')).toEqual([ErrorCode.NETWORK_EXCEPTION]);
    expect(outcomes.get('pipelined')).toEqual([ErrorCode.NETWORK_EXCEPTION]);
    expect(outcomes.has('beside')).toBe(false);
    for (const { answer } of held) answer([0]);
    expect(outcomes.get('again')).toEqual([0]);
  });

  test('is not answered once it was cancelled', () => {
    ask('gone').cancel();
    held[0]?.answer([0]);
    expect(outcomes.size).toBe(0);
    expect(verification.size).toBe(0);
  });

  test('is refused where too many wait', () => {
    for (let index = 0; index < 6; index++) ask(`q${index}`, { partitions: [{ topic: 't', index }] });
    expect([...outcomes]).toEqual([['q5', [ErrorCode.NETWORK_EXCEPTION]]]);
  });
});

describe('an addition while the last transaction is being ended', () => {
  test('is tried again for a moment, and then told so [V4]', () => {
    ask('add', { mode: 'add' });
    const untilMs = cluster.time.nowMs + 200;
    while (cluster.time.nowMs < untilMs && outcomes.size === 0) {
      held.pop()?.answer([ErrorCode.CONCURRENT_TRANSACTIONS]);
      cluster.runFor(1);
    }
    expect(outcomes.get('add')).toEqual([ErrorCode.CONCURRENT_TRANSACTIONS]);
    expect(cluster.time.nowMs).toBeGreaterThan(untilMs - 200 + 79);
  });

  test('goes through as soon as it may', () => {
    ask('add', { mode: 'add' });
    held.pop()?.answer([ErrorCode.CONCURRENT_TRANSACTIONS]);
    cluster.runFor(25);
    held.pop()?.answer([0]);
    expect(outcomes.get('add')).toEqual([0]);
  });

  test('is not tried again where it only asks', () => {
    ask('verify');
    held.pop()?.answer([ErrorCode.CONCURRENT_TRANSACTIONS]);
    expect(outcomes.get('verify')).toEqual([ErrorCode.CONCURRENT_TRANSACTIONS]);
  });
});

test('a question to a node that goes is lost, and may be asked again', () => {
  const other = cluster.nodes.find((one) => one !== node) as TestNode;
  const { metadata, ports } = other.broker.services;
  const never = { serve: () => undefined };
  const links = new TransactionLinks(other.options, ports, metadata, never);
  const asking = new TransactionVerification({ ports, metadata, links, max: 5 });
  const partitions = [{ topic: 't', index: 0 }];
  const question = {
    transactionalId: ID, producerId: 7, producerEpoch: 3, mode: 'verify', partitions, connectionId: 1,
  } as const;
  let answered: readonly ErrorCode[] | undefined;
  const again = (): void => {
    answered = undefined;
    asking.ask(question, (errors) => {
      answered = errors;
    });
  };
  again();
  cluster.runUntil('the coordinator answers', () => answered !== undefined);
  // It does not know the id.
  expect(answered).toEqual([ErrorCode.INVALID_PRODUCER_ID_MAPPING]);
  node.kill();
  again();
  cluster.runUntil('the question is lost', () => answered !== undefined);
  expect(answered).toEqual([ErrorCode.NETWORK_EXCEPTION]);
  expect(asking.size).toBe(0);
});
