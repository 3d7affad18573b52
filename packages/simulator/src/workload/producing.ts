/** Idempotent producers that number their records, and tell the ledger what they were told. */
import { encodeText } from '@hapax/base';
import { ProducerMachine } from '@hapax/client/machines';
import type { Fate } from '../invariants/producers.ts';
import type { WorkloadPlan } from '../swarm.ts';
import { SimClient, type ClientWorld } from './sim-client.ts';

/** Hears what became of records. */
export interface FateLedger {
  onSend(id: string): void;
  onFate(id: string, fate: Fate): void;
}

/** One producer. It sends until it is told to stop. */
export class Producing {
  readonly client: SimClient;
  /** Records without an outcome. */
  outstanding = 0;
  private readonly name: string;
  private readonly plan: WorkloadPlan;
  private readonly ledger: FateLedger;
  private readonly machine: ProducerMachine;
  private nextNumber = 0;
  private isStopped = false;

  constructor(name: string, world: ClientWorld, plan: WorkloadPlan, ledger: FateLedger) {
    this.name = name;
    this.plan = plan;
    this.ledger = ledger;
    this.client = new SimClient(name, world);
    this.machine = new ProducerMachine(
      this.client.cluster,
      {
        idempotent: true,
        acks: -1,
        compression: plan.compression,
        lingerMs: plan.lingerMs,
        batchBytes: plan.batchBytes,
        requestBytesMax: 1 << 20,
        inFlightPerPartitionMax: 5,
        inFlightPerBrokerMax: 5,
        bufferBytes: 64 << 10,
        deliveryTimeoutMs: plan.deliveryTimeoutMs,
        requestTimeoutMs: plan.requestTimeoutMs,
        autoCreateTopics: false,
      },
      'producer',
    );
  }

  start(): void {
    this.client.host.after(this.client.drawMs(this.plan.meanSendIntervalMs), () => this.step());
  }

  stop(): void {
    this.isStopped = true;
    this.machine.flush(() => {});
  }

  private step(): void {
    if (this.isStopped) return;
    const { random } = this.client;
    const count = 1 + random.nextInt(this.plan.burst);
    for (let sent = 0; sent < count && this.machine.hasRoom; sent++) this.send();
    this.start();
  }

  private send(): void {
    const { random } = this.client;
    const { topics, valueBytes } = this.plan;
    const topic = topics[random.nextInt(topics.length)]?.name as string;
    const id = `${this.name}:${this.nextNumber++}`;
    const key = random.nextInt(2) === 0 ? null : encodeText(`key-${random.nextInt(20)}`);
    const value = encodeText(`${id}:`.padEnd(valueBytes, '.'));
    this.outstanding += 1;
    this.ledger.onSend(id);
    this.machine.send({ topic, key, value }, (outcome) => {
      this.outstanding -= 1;
      if (outcome.ok) {
        const { topic: where, partition, offset } = outcome.value;
        this.ledger.onFate(id, { kind: 'acked', place: `${where}-${partition}@${offset}` });
      } else {
        this.ledger.onFate(id, { kind: outcome.error.definite ? 'refused' : 'unknown' });
      }
    });
  }
}
