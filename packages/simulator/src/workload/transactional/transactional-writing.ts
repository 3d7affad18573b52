/** A writer of plain transactions: each over several partitions, interleaved with those of others. */
import { SimClient, type ClientWorld } from '../sim-client.ts';
import { WRITTEN_TOPIC } from './transaction-plan.ts';
import { TransactionSession, type SessionOptions } from './transaction-session.ts';

/** One process of a writer. */
export class TransactionalWriting {
  readonly client: SimClient;
  readonly session: TransactionSession;
  private readonly options: SessionOptions;
  private isStopped = false;
  private isBeginning = false;

  constructor(world: ClientWorld, options: SessionOptions) {
    this.options = options;
    this.client = new SimClient(options.name, world);
    this.session = new TransactionSession(this.client, options);
  }

  start(): void {
    this.client.host.after(this.client.drawMs(this.options.workload.meanSendIntervalMs), () => this.next());
  }

  stop(): void {
    this.isStopped = true;
  }

  /** The process ends in good order; what is open is left to the next one. */
  close(): void {
    this.session.close();
    this.client.cluster.close();
  }

  /** Whether nothing is open, and nothing will be begun. */
  get isAtRest(): boolean {
    return this.session.isOver || (this.isStopped && !this.session.isOpen && !this.isBeginning);
  }

  private next(): void {
    if (this.isStopped || this.session.isOver) return;
    this.isBeginning = true;
    this.session.begin(() => {
      this.isBeginning = false;
      this.write(1 + this.client.random.nextInt(this.options.transactions.recordsMax));
    });
  }

  private write(left: number): void {
    const { client, session, options } = this;
    if (session.isOver) return;
    if (left === 0) {
      const isAborted = client.random.nextInt(10) < options.transactions.abortsOfTen;
      return session.end(isAborted ? 'abort' : 'commit', () => this.start());
    }
    if (session.machine.hasRoom) session.send(WRITTEN_TOPIC, client.random.nextInt(this.partitions), 'x');
    client.host.after(client.drawMs(options.transactions.meanGapMs), () => this.write(left - 1));
  }

  private get partitions(): number {
    return this.options.workload.topics.find(({ name }) => name === WRITTEN_TOPIC)?.partitions ?? 1;
  }
}
