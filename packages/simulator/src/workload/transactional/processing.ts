/** Consume, transform, produce: each input becomes one record in each output topic, together with its offset. */
import {
  ConsumerMachine, type ConsumedBatch, type ConsumerGroupMetadata, type TopicPartition,
} from '@hapax/client/machines';
import { PROCESSORS } from '../../invariants/transactional-offsets.ts';
import { valueText } from '../../invariants/producers.ts';
import { consumerOptions } from '../consuming.ts';
import { SimClient, type ClientWorld } from '../sim-client.ts';
import { recordName } from '../client-history.ts';
import { INPUT_TOPIC, OUTPUT_TOPICS } from './transaction-plan.ts';
import { TransactionSession, type Ending, type SessionOptions } from './transaction-session.ts';

/** f: what an input becomes in a topic. */
export function transformed(topic: string, input: string): string {
  return `${topic}(${recordName(input)})`;
}

/** A batch, and as whom it was taken: a member that lost its partitions meanwhile must be told so. [KIP-447] */
interface TakenBatch {
  readonly batch: ConsumedBatch;
  readonly group: ConsumerGroupMetadata;
}

/** One process of a processor. */
export class Processing {
  readonly client: SimClient;
  readonly session: TransactionSession;
  readonly consumer: ConsumerMachine;
  /** Transactions that ended well. */
  committed = 0;
  private readonly options: SessionOptions;
  private isBusy = false;
  private isClosed = false;
  private isHurried = false;
  /** What waits for the end of the transaction that is open. */
  private whenIdle: (() => void)[] = [];

  constructor(world: ClientWorld, options: SessionOptions) {
    this.options = options;
    this.client = new SimClient(options.name, world);
    this.session = new TransactionSession(this.client, options);
    const { workload } = options;
    const settings = { groupId: PROCESSORS, isolationLevel: 'read_committed', autoCommitIntervalMs: null } as const;
    this.consumer = new ConsumerMachine(this.client.cluster, consumerOptions(workload, settings), 'consumer', {
      onReady: () => this.workSoon(),
      onAssigned: (partitions) => this.onRebalance(partitions),
      onRevoking: (partitions, done) => this.onRevoking(partitions, done),
      onLost: (partitions) => this.onRebalance(partitions),
    });
  }

  start(): void {
    this.consumer.subscribe([INPUT_TOPIC]);
    this.touch();
  }

  /** From now on transactions follow one another at once, and are as large as they can be: there is an end to reach. */
  stop(): void {
    this.isHurried = true;
  }

  get isAtRest(): boolean {
    return this.session.isOver || !this.isBusy;
  }

  /** Leaves the group in good order, when the open transaction has ended. */
  close(): void {
    if (this.isBusy) return void this.whenIdle.push(() => this.close());
    this.isClosed = true;
    this.session.close();
    this.consumer.close(() => this.client.cluster.close());
  }

  private touch(): void {
    if (this.isClosed) return;
    this.consumer.touch();
    this.client.host.after(TOUCH_MS, () => this.touch());
  }

  private workSoon(): void {
    this.client.host.after(this.client.random.nextInt(5), () => this.work());
  }

  private work(): void {
    if (this.isBusy || this.isClosed || this.session.isOver) return;
    this.consumer.takeFailure();
    const taken = this.take(this.isHurried ? HURRIED_BATCHES_MAX : 1 + this.client.random.nextInt(3));
    if (taken.length === 0) return;
    this.isBusy = true;
    this.session.begin(() => this.process(taken));
  }

  private take(batches: number): TakenBatch[] {
    const { workload, transactions } = this.options;
    const taken: TakenBatch[] = [];
    const recordBytes = OUTPUT_TOPICS.length * (workload.valueBytes + VALUE_BYTES_EXTRA);
    // What takes too long is aborted by its coordinator, however often it is tried.
    let roomBytes = Math.min(ROOM_BYTES, recordBytes * (transactions.transactionTimeoutMs / SLOW_RECORD_MS));
    for (let left = batches; left > 0 && roomBytes >= recordBytes; left--) {
      const drawn = 1 + this.client.random.nextInt(transactions.recordsMax);
      const batch = this.consumer.take(this.isHurried ? Math.floor(roomBytes / recordBytes) : drawn);
      const group = this.consumer.groupMetadata();
      if (batch === undefined || group === undefined) break;
      taken.push({ batch, group });
      roomBytes -= batch.records.length * recordBytes;
    }
    return taken;
  }

  private process(taken: readonly TakenBatch[]): void {
    const { session, options, client } = this;
    if (session.isOver) return this.onEnded(taken, 'over');
    for (const { batch } of taken) {
      const { topic, partition } = batch;
      const records = batch.records.map((record) => ({ offset: record.offset, value: valueText(record) }));
      const named = options.books.onRead('read-committed', topic, partition, records);
      session.work?.poll(`${topic}-${partition}`, named);
      for (const { offset, value } of records) {
        for (const output of OUTPUT_TOPICS) {
          const text = `${partition}@${offset}:${transformed(output, value)}`;
          session.send(output, this.partitionOf(output, offset), text);
        }
      }
    }
    const gapMs = this.isHurried ? 0 : client.drawMs(options.transactions.meanGapMs);
    client.host.after(gapMs, () => this.sendOffsets(this.isHurried ? lastOfEach(taken) : taken, taken));
  }

  private sendOffsets(left: readonly TakenBatch[], taken: readonly TakenBatch[]): void {
    const { session, options, client } = this;
    const [first, ...rest] = left;
    if (first === undefined) {
      // A member that lost a partition and got it back in the same generation has read its offset anew: of what was
      // taken before, nothing may be committed.
      const isLost = taken.some(({ batch }) => !this.consumer.isCurrent(batch));
      const isWanted = !this.isHurried && client.random.nextInt(10) < options.transactions.abortsOfTen / 2;
      return session.end(isLost || isWanted ? 'abort' : 'commit', (ending) => this.onEnded(taken, ending));
    }
    const { topic, partition, nextOffset, leaderEpoch } = first.batch;
    const offsets = [{ topic, partition, offset: nextOffset, leaderEpoch }];
    const [record] = first.batch.records;
    const range = `${topic}-${partition} from ${record?.offset} to ${nextOffset}`;
    client.cluster.ports.logger.debug({ range, generation: first.group.generation }, 'sends offsets');
    session.sendOffsets(offsets, first.group, () => this.sendOffsets(rest, taken));
  }

  private onEnded(taken: readonly TakenBatch[], ending: Ending): void {
    this.isBusy = false;
    if (ending === 'committed') {
      this.committed += 1;
      for (const { batch } of taken) this.consumer.markProcessed(batch, batch.nextOffset);
    } else if (ending === 'aborted' && !this.isClosed) {
      this.consumer.resetToCommitted();
    }
    for (const callback of this.whenIdle.splice(0)) callback();
    if (ending !== 'over') this.workSoon();
  }

  private onRebalance(partitions: readonly TopicPartition[]): void {
    const { name, books } = this.options;
    const moved = partitions.map(({ topic, partition }) => `${topic}-${partition}`);
    this.session.work?.rebalance(moved);
    const kept = this.consumer.assignment().map(({ topic, partition }) => `${topic}-${partition}`);
    books.history.assign(name, kept.filter((one) => !moved.includes(one)));
  }

  private onRevoking(partitions: readonly TopicPartition[], done: () => void): void {
    this.onRebalance(partitions);
    if (!this.isBusy || this.options.transactions.isHasty) done();
    else this.whenIdle.push(done);
  }

  private partitionOf(topic: string, offset: number): number {
    return offset % (this.options.workload.topics.find(({ name }) => name === topic)?.partitions ?? 1);
  }
}

/** The last batch of each partition: its offset stands for those before it. */
function lastOfEach(taken: readonly TakenBatch[]): TakenBatch[] {
  return [...new Map(taken.map((one) => [one.batch.partition, one])).values()];
}

const TOUCH_MS = 500;
const HURRIED_BATCHES_MAX = 200;
/** What one transaction may take of the producer's buffer, and what a value and its record may be longer than asked. */
const ROOM_BYTES = 48 << 10;
/** How long a record takes in the worst weather, with something to spare. */
const SLOW_RECORD_MS = 60;
const VALUE_BYTES_EXTRA = 150;
