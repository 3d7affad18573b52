/** A transactional producer over the fake cluster, with calls that let time pass until they have an outcome. */
import type { AppError } from '@hapax/base';
import { encodeText } from '@hapax/base';
import {
  TransactionalProducerMachine,
  type Cluster,
  type ConsumerGroupMetadata,
  type Delivery,
  type Done,
  type OffsetToCommit,
  type Outcome,
  type ProducerOptions,
  type TransactionOptions,
} from '../../src/machines/index.ts';
import type { FakeCluster } from './fake-cluster.ts';
import { makeCluster, PRODUCER_OPTIONS, type Fate } from './producing.ts';

export const TRANSACTION_OPTIONS: TransactionOptions = {
  transactionalId: 'billing',
  transactionTimeoutMs: 60_000,
  operationTimeoutMs: 20_000,
};

export const NOBODY: ConsumerGroupMetadata = {
  groupId: 'readers',
  generation: -1,
  memberId: '',
  groupInstanceId: null,
};

/** One transactional producer. */
export class Transacting {
  readonly machine: TransactionalProducerMachine;
  readonly cluster: Cluster;
  readonly #fake: FakeCluster;

  constructor(
    fake: FakeCluster,
    options: Partial<TransactionOptions & ProducerOptions> = {},
    seed = 1,
  ) {
    this.#fake = fake;
    this.cluster = makeCluster(fake, seed);
    const transactions = { ...TRANSACTION_OPTIONS, ...options };
    this.machine = new TransactionalProducerMachine(
      this.cluster,
      { ...PRODUCER_OPTIONS, ...options },
      transactions,
      `transacting-${seed}`,
    );
  }

  init(): Outcome<null> {
    return this.wait((done) => this.machine.init(done));
  }

  begin(): Outcome<null> {
    return this.wait((done) => this.machine.begin(done));
  }

  commit(): Outcome<null> {
    return this.wait((done) => this.machine.commit(done));
  }

  abort(): Outcome<null> {
    return this.wait((done) => this.machine.abort(done));
  }

  sendOffsets(offsets: readonly OffsetToCommit[], group = NOBODY): Outcome<null> {
    return this.wait((done) => this.machine.sendOffsets(offsets, group, done));
  }

  send(value: string, partition = 0, topic = 'orders'): Fate {
    const fate: Fate = { value };
    const done: Done<Delivery> = (outcome) => {
      if (fate.delivery !== undefined || fate.error !== undefined) throw new Error(`${value} has two outcomes`);
      if (outcome.ok) fate.delivery = outcome.value;
      else fate.error = outcome.error;
    };
    this.machine.send({ topic, partition, value: encodeText(value) }, done);
    return fate;
  }

  /** Lets time pass until a call has its outcome, which comes once. */
  wait<T>(start: (done: Done<T>) => void): Outcome<T> {
    const outcomes: Outcome<T>[] = [];
    start((outcome) => outcomes.push(outcome));
    if (!this.#fake.time.runUntil(() => outcomes.length > 0, 10_000_000)) throw new Error('a call has no outcome');
    this.#fake.time.run(0);
    if (outcomes.length > 1) throw new Error('a call has two outcomes');
    return outcomes[0]!;
  }
}

export function errorOf(outcome: Outcome<unknown>): AppError {
  if (outcome.ok) throw new Error('it worked');
  return outcome.error;
}
