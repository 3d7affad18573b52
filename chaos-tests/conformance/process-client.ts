/**
 * A client in another language as a client under test: one process that is told what to do in lines of JSON, in the
 * same words for every language.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Received, Sent } from '../cluster/record.ts';
import {
  ABORT_EVERY, ABORTED, COMMITTED,
  type ClientUnderTest, type PartitionReader, type ProduceOptions, type Reading, type ReadOptions, type Seen,
  type TransactionalProducer, type Transactions, type TransformOptions,
} from './client-under-test.ts';
import type { Inbox } from '../cluster/inbox.ts';
import { chunksOf } from './records.ts';

/** How the process is started, and what is to be told of the client. */
export interface ProcessClientOptions {
  readonly name: string;
  readonly notes: readonly string[];
  readonly command: string;
  readonly args: readonly string[];
  /** Settings of a producer by the names of the language's client. */
  readonly transactionTimeoutSetting: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** What a process writes: an answer, or an event of an object. */
interface Line {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: string;
  readonly event?: 'record' | 'ended' | 'failure';
  readonly name?: string;
  readonly outcome?: 'commit' | 'abort';
}

const TRANSACTION_TIMEOUT_MS = 600_000;
const ERROR_TEXT_MAX = 4000;

/** Starts the process and asks it for its version. */
export async function processClient(options: ProcessClientOptions): Promise<ClientUnderTest> {
  const driver = new Driver(options);
  const admin = await driver.open('admin', {});
  return new ProcessClient(driver, admin, options, String(await admin.call('version')));
}

class ProcessClient implements ClientUnderTest {
  readonly name: string;
  readonly version: string;
  readonly notes: readonly string[];
  readonly transactions: Transactions;
  private readonly driver: Driver;
  private readonly admin: Remote;

  constructor(driver: Driver, admin: Remote, options: ProcessClientOptions, version: string) {
    this.driver = driver;
    this.admin = admin;
    this.name = options.name;
    this.notes = options.notes;
    this.version = version;
    this.transactions = {
      readableAborts: 'any',
      producer: (transactionalId) => transactionalProducer(driver, {
        'transactional.id': transactionalId, [options.transactionTimeoutSetting]: TRANSACTION_TIMEOUT_MS,
      }),
      transform: (transform) => startTransform(driver, transform),
    };
  }

  async createTopic(topic: string, partitions: number): Promise<void> {
    await this.admin.call('createTopic', { topic, partitions });
  }

  async produce(topic: string, records: AsyncIterable<Sent>, options: ProduceOptions): Promise<void> {
    const settings = {
      'compression.type': options.compression ?? 'none', 'enable.idempotence': options.isIdempotent ?? false,
    };
    const producer = await this.driver.open('producer', { settings });
    try {
      for await (const chunk of chunksOf(records)) {
        await producer.call('send', { topic, records: chunk, headers: options.headers ?? {} });
      }
    } finally {
      await producer.call('close');
    }
  }

  read(topic: string, inbox: Inbox): Promise<Reading> {
    return this.reading({ topic }, inbox);
  }

  join(group: string, topic: string, inbox: Inbox): Promise<Reading> {
    return this.reading({ topic, group }, inbox);
  }

  async partitionReader(topic: string, options: ReadOptions): Promise<PartitionReader> {
    const reader = await this.driver.open('partitionReader', { topic, ...options });
    return {
      readFrom: async (offset) => (await reader.call('readFrom', { offset })) as readonly Seen[],
      close: async () => void (await reader.call('close')),
    };
  }

  close(): Promise<void> {
    return this.driver.end();
  }

  private async reading(fields: Fields, inbox: Inbox): Promise<Reading> {
    const reader = await this.driver.open('reader', fields, (line) => {
      if (line.event === 'record') inbox.receive(line as unknown as Received);
      else inbox.fail(new Error(line.error));
    });
    return { stop: async () => void (await reader.call('close')) };
  }
}

async function transactionalProducer(driver: Driver, settings: Fields): Promise<TransactionalProducer> {
  const producer = await driver.open('producer', { settings });
  const does = (op: string) => async (): Promise<void> => void (await producer.call(op));
  return {
    begin: does('begin'), commit: does('commit'), abort: does('abort'), close: does('close'),
    send: async (topic, records) => void (await producer.call('send', { topic, records })),
  };
}

async function startTransform(driver: Driver, options: TransformOptions): Promise<Reading> {
  const { transactionalId, group, input, output, onEnded, onFailure } = options;
  const words = { aborted: ABORTED, committed: COMMITTED, abortEvery: ABORT_EVERY };
  const fields = { transactionalId, group, input, output, ...words };
  const loop = await driver.open('transform', fields, (line) => {
    if (line.event === 'ended') onEnded(line.outcome ?? 'abort');
    else onFailure(new Error(line.error));
  });
  return { stop: async () => void (await loop.call('close')) };
}

/** An object in the process. */
interface Remote {
  call(op: string, fields?: Fields): Promise<unknown>;
}

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The process: commands go in, answers find their callers, events their objects. */
class Driver {
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;
  private readonly pending = new Map<number, Pending>();
  private readonly listeners = new Map<string, (line: Line) => void>();
  private failure: Error | undefined;
  private errorText = '';
  private lastId = 0;

  constructor({ name, command, args }: ProcessClientOptions) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stdin?.on('error', () => undefined);
    this.child.stderr?.on('data', (data: Buffer) => {
      this.errorText = (this.errorText + data.toString()).slice(-ERROR_TEXT_MAX);
    });
    if (this.child.stdout !== null) {
      createInterface({ input: this.child.stdout }).on('line', (line) => this.onLine(JSON.parse(line) as Line));
    }
    this.ended = new Promise((resolve) => {
      this.child.once('error', (cause) => this.onEnd(new Error(`${name}: ${command} was not started`, { cause })));
      this.child.once('close', (code) => {
        this.onEnd(new Error(`${name}: the process ended with ${code}: ${this.errorText.trim()}`));
        resolve();
      });
    });
  }

  /** Makes an object in the process; its events go to the listener. */
  async open(kind: string, fields: Fields, onEvent?: (line: Line) => void): Promise<Remote> {
    const name = `${kind}-${++this.lastId}`;
    if (onEvent !== undefined) this.listeners.set(name, onEvent);
    await this.call(name, 'open', { kind, ...fields });
    return { call: (op, more) => this.call(name, op, more ?? {}) };
  }

  /** Ends the input, and with it the process. */
  async end(): Promise<void> {
    this.child.stdin?.end();
    await this.ended;
  }

  private call(name: string, op: string, fields: Fields): Promise<unknown> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject });
      this.child.stdin?.write(`${JSON.stringify({ id, op, name, ...fields })}\n`);
    });
  }

  private onLine(line: Line): void {
    if (line.id === undefined) {
      this.listeners.get(line.name ?? '')?.(line);
      return;
    }
    const pending = this.pending.get(line.id);
    this.pending.delete(line.id);
    if (line.error === undefined) pending?.resolve(line.result);
    else pending?.reject(new Error(line.error));
  }

  private onEnd(error: Error): void {
    this.failure ??= error;
    for (const { reject } of this.pending.values()) reject(this.failure);
    this.pending.clear();
  }
}
