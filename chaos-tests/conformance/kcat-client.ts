/** kcat (librdkafka) as a client under test: one process for each thing that it does. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Sent } from '../cluster/record.ts';
import type {
  ClientUnderTest, PartitionReader, ProduceOptions, Reading, ReadOptions, Seen,
} from './client-under-test.ts';
import type { Inbox } from '../cluster/inbox.ts';

/** What kcat prints of a record with `-J`. */
interface Envelope {
  readonly partition: number;
  readonly offset: number;
  readonly headers?: readonly string[];
  readonly key: string | null;
  readonly payload: string | null;
}

interface Range extends ReadOptions {
  readonly topic: string;
  readonly offset: number;
  readonly count: number;
}

const ERROR_TEXT_MAX = 2000;
const BEHIND_THE_END_MS = 1000;

/** The version of kcat here with the one of its librdkafka, or undefined where it is not installed. */
export function kcatVersion(): string | undefined {
  const { stdout, error } = spawnSync('kcat', ['-V'], { encoding: 'utf8' });
  if (error !== undefined) return undefined;
  const found = /Version (?<own>[\d.]+).*librdkafka (?<library>[\d.]+)/u.exec(stdout);
  return `${found?.groups?.['own'] ?? '?'} (librdkafka ${found?.groups?.['library'] ?? '?'})`;
}

/** kcat for the cluster. Rejects where it is not installed. */
export async function kcatClient(bootstrap: string): Promise<ClientUnderTest> {
  const version = kcatVersion();
  if (version === undefined) {
    throw new Error('kcat is not installed; `npm run conformance` installs it, as does apt-get install kcat');
  }
  return new KcatClient(bootstrap, version);
}

class KcatClient implements ClientUnderTest {
  readonly name = 'kcat';
  readonly version: string;
  readonly notes = [
    'a topic is made by producing to it, with as many partitions as the cluster is set to',
    'it cannot produce in transactions, hence no such cells; @hapax/client wrote what it reads from every offset',
  ];
  readonly transactions = undefined;
  private readonly bootstrap: string;
  private readonly running = new Set<Kcat>();

  constructor(bootstrap: string, version: string) {
    this.bootstrap = bootstrap;
    this.version = version;
  }

  /** kcat cannot ask for a topic: producing to it lets the cluster make it. */
  async createTopic(topic: string): Promise<void> {
    const kcat = this.start(['-P', '-t', topic]);
    await kcat.write('made by producing\n');
    await kcat.endInput();
  }

  async produce(topic: string, records: AsyncIterable<Sent>, options: ProduceOptions): Promise<void> {
    const codec = options.compression ?? 'none';
    const headers = Object.entries(options.headers ?? {}).flatMap(([key, value]) => ['-H', `${key}=${value}`]);
    const kcat = this.start([
      '-P', '-t', topic, '-Z', '-K', '\t', ...headers,
      '-X', 'acks=all', '-X', `compression.codec=${codec}`, '-X', `enable.idempotence=${options.isIdempotent ?? false}`,
    ]);
    for await (const { key, value } of records) await kcat.write(`${key ?? ''}\t${value ?? ''}\n`);
    await kcat.endInput();
  }

  async read(topic: string, inbox: Inbox): Promise<Reading> {
    return this.reading(['-C', '-t', topic, '-o', 'beginning'], inbox);
  }

  async join(group: string, topic: string, inbox: Inbox): Promise<Reading> {
    const settings = ['auto.offset.reset=earliest', 'heartbeat.interval.ms=500', 'auto.commit.interval.ms=500'];
    return this.reading([...settings.flatMap((setting) => ['-X', setting]), '-G', group, topic], inbox);
  }

  async partitionReader(topic: string, options: ReadOptions): Promise<PartitionReader> {
    return {
      readFrom: (offset, count) => this.readFrom({ topic, ...options, offset, count }),
      close: async () => undefined,
    };
  }

  async close(): Promise<void> {
    await Promise.all([...this.running].map((kcat) => kcat.stop()));
  }

  /** -e: it ends at the end of the partition, which is where the isolation level ends. */
  private async readFrom({ topic, isolation, fetches, offset, count }: Range): Promise<readonly Seen[]> {
    const kcat = this.start([
      '-C', '-J', '-u', '-e', '-t', topic, '-p', '0', '-o', String(offset), '-X', `isolation.level=${isolation}`,
      '-X', 'fetch.wait.max.ms=20', ...(fetches === 'batch' ? ['-X', 'fetch.message.max.bytes=1'] : []),
    ]);
    const seen: Seen[] = [];
    kcat.onLine((line) => {
      const record = JSON.parse(line) as Envelope;
      seen.push({ offset: record.offset, value: record.payload });
    });
    // Of an end that lies before where it reads it says nothing, and reads on: then there is nothing to come.
    const timer = count === 0 ? setTimeout(() => void kcat.stop(), BEHIND_THE_END_MS) : undefined;
    await kcat.untilEnd();
    clearTimeout(timer);
    return seen;
  }

  private reading(args: readonly string[], inbox: Inbox): Reading {
    // -E: the loss of a connection is told on stderr and does not end kcat.
    const kcat = this.start(['-J', '-u', '-E', ...args]);
    kcat.onLine((line) => {
      const { partition, offset, key, payload, headers = [] } = JSON.parse(line) as Envelope;
      inbox.receive({ partition, offset, key, value: payload, headers: pairsOf(headers) });
    });
    kcat.onFailure((error) => inbox.fail(error));
    return kcat;
  }

  private start(args: readonly string[]): Kcat {
    const kcat = new Kcat(['-b', this.bootstrap, ...args], () => this.running.delete(kcat));
    this.running.add(kcat);
    return kcat;
  }
}

/** One process of kcat. */
class Kcat implements Reading {
  private readonly child: ChildProcess;
  private readonly ended: Promise<number | null>;
  private isStopping = false;
  private errorText = '';

  constructor(args: readonly string[], onEnd: () => void) {
    this.child = spawn('kcat', args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stdin?.on('error', () => undefined);
    this.child.stderr?.on('data', (data: Buffer) => {
      this.errorText = (this.errorText + data.toString()).slice(-ERROR_TEXT_MAX);
    });
    this.ended = new Promise((resolve) => this.child.once('close', resolve));
    void this.ended.then(onEnd);
  }

  onLine(receive: (line: string) => void): void {
    if (this.child.stdout !== null) createInterface({ input: this.child.stdout }).on('line', receive);
  }

  /** Hears of an end that nobody asked for. */
  onFailure(listener: (error: Error) => void): void {
    void this.ended.then((code) => {
      if (!this.isStopping) listener(this.failure(code));
    });
  }

  /** Resolves when the pipe has room again; what is lost by an end of the process shows in its exit code. */
  async write(text: string): Promise<void> {
    const input = this.child.stdin;
    if (input === null || input.write(text)) return;
    await Promise.race([new Promise((resolve) => input.once('drain', resolve)), this.ended]);
  }

  /** Resolves when kcat has ended well: then everything is acknowledged. */
  async endInput(): Promise<void> {
    this.child.stdin?.end();
    await this.untilEnd();
  }

  /** Resolves when kcat has ended as it should, by itself or because it was stopped. */
  async untilEnd(): Promise<void> {
    const code = await this.ended;
    if (code !== 0 && !this.isStopping) throw this.failure(code);
  }

  /** As by Ctrl-C: it commits and leaves the group. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.child.kill('SIGINT');
    await this.ended;
  }

  private failure(code: number | null): Error {
    return new Error(`kcat ended with ${code}: ${this.errorText.trim()}`);
  }
}

function pairsOf(list: readonly string[]): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (let at = 0; at + 1 < list.length; at += 2) pairs[list[at] as string] = list[at + 1] as string;
  return pairs;
}
