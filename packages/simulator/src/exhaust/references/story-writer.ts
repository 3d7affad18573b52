/** A producer of a story: it sends records one by one, and two readers see all of them at the end. */
import { encodeText } from '@hapax/base';
import { ProducerMachine } from '@hapax/client/machines';
import type { FinalStep } from '../../workload/run-workload.ts';
import { SimClient } from '../../workload/sim-client.ts';
import { FinalReading } from '../../workload/transactional/final-reading.ts';
import { TransactionBooks } from '../../workload/transactional/transaction-books.ts';
import type { ReferenceWorld } from '../reference.ts';

/** The topic of stories with one partition. */
export const STORY_TOPIC = 'data';

/** Writes, and writes down what it was told. */
export class StoryWriter {
  /** Records without an outcome. */
  outstanding = 0;
  acked = 0;
  readonly client: SimClient;
  private readonly name: string;
  private readonly machine: ProducerMachine;
  private readonly books: TransactionBooks;
  private readonly reading: FinalReading;
  private count = 0;

  constructor(name: string, { clients, plan, watch }: ReferenceWorld) {
    const { workload } = plan;
    this.name = name;
    this.client = new SimClient(name, clients);
    this.client.cluster.track(STORY_TOPIC);
    this.books = new TransactionBooks(watch);
    this.reading = new FinalReading(clients, workload, this.books);
    this.machine = new ProducerMachine(this.client.cluster, {
      idempotent: true,
      acks: -1,
      compression: 'none',
      lingerMs: 0,
      batchBytes: workload.batchBytes,
      requestBytesMax: 1 << 20,
      inFlightPerPartitionMax: 5,
      inFlightPerBrokerMax: 5,
      bufferBytes: 64 << 10,
      deliveryTimeoutMs: workload.deliveryTimeoutMs,
      requestTimeoutMs: workload.requestTimeoutMs,
      autoCreateTopics: false,
    }, 'producer');
  }

  /** Sends one record to partition 0. */
  send(): void {
    const id = `${this.name}:${this.count++}`;
    this.outstanding += 1;
    this.machine.send({ topic: STORY_TOPIC, partition: 0, key: null, value: encodeText(`${id}:`) }, (outcome) => {
      this.outstanding -= 1;
      if (!outcome.ok) return this.books.onFate(id, { kind: outcome.error.definite ? 'refused' : 'unknown' });
      this.acked += 1;
      this.books.onFate(id, { kind: 'acked', place: `${STORY_TOPIC}-0@${outcome.value.offset}` });
    });
  }

  /** A step that writes one record and waits for its outcome. */
  step(what: string): FinalStep {
    return {
      what,
      begin: () => this.send(),
      missing: () => (this.outstanding === 0 ? undefined : 'a record has no outcome'),
    };
  }

  /** Both readers get everything, and the history has no anomaly. */
  finalSteps(): readonly FinalStep[] {
    return [
      {
        what: 'both readers get everything',
        begin: () => this.reading.begin([STORY_TOPIC]),
        missing: () => this.reading.missing(),
      },
      { what: 'the history is judged', begin: () => void this.reading.judge(), missing: () => undefined },
    ];
  }
}
