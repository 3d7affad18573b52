/**
 * Produce requests as fast as a depth allows, from frames that are encoded once: the load, not the client, is
 * measured.
 */
import type { Endpoint } from '@hapax/base';
import { encodeRequestFrame, joinChunks, produce } from '@hapax/wire';
import { BatchBuilder } from '@hapax/wire/records';
import { connect, type Socket } from 'node:net';
import { Percentiles } from './percentiles.ts';

/** One partition and where its leader listens. */
export interface Target {
  readonly topic: string;
  readonly partition: number;
  readonly leader: Endpoint;
}

export interface ProduceLoadOptions {
  readonly targets: readonly Target[];
  /** Connections to each leader. */
  readonly connectionsPerLeader: number;
  /** Requests without an answer, on each connection. */
  readonly depth: number;
  /** Bytes of the value of the one record in a batch. */
  readonly recordBytes: number;
  readonly acks: -1 | 0 | 1;
  readonly durationMs: number;
  /** Requests a second over all connections; as many as there are answers for where absent. */
  readonly ratePerSecond?: number;
}

export interface ProduceLoadResult {
  readonly requests: number;
  readonly errors: number;
  readonly seconds: number;
  readonly requestsPerSecond: number;
  readonly megabytesPerSecond: number;
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

const CORRELATION_AT = 8;
const PRODUCE_VERSION = 7;

/** Runs the load and reports. Counts only answers that came within the time. */
export async function runProduceLoad(options: ProduceLoadOptions): Promise<ProduceLoadResult> {
  const latencies = new Percentiles();
  const connections = await openConnections(options, latencies);
  const startedMs = performance.now();
  for (const connection of connections) connection.start();
  await new Promise((resolve) => setTimeout(resolve, options.durationMs));
  const requests = connections.reduce((sum, connection) => sum + connection.answered, 0);
  const errors = connections.reduce((sum, connection) => sum + connection.errors, 0);
  const seconds = (performance.now() - startedMs) / 1000;
  for (const connection of connections) connection.close();
  return {
    requests,
    errors,
    seconds,
    requestsPerSecond: requests / seconds,
    megabytesPerSecond: (requests * options.recordBytes) / seconds / 1e6,
    latencyMs: latencies.summary(),
  };
}

async function openConnections(options: ProduceLoadOptions, latencies: Percentiles): Promise<LoadConnection[]> {
  const byLeader = new Map<string, Target[]>();
  for (const target of options.targets) {
    const key = `${target.leader.host}:${target.leader.port}`;
    byLeader.set(key, [...(byLeader.get(key) ?? []), target]);
  }
  const total = byLeader.size * options.connectionsPerLeader;
  const opened: Promise<LoadConnection>[] = [];
  for (const targets of byLeader.values()) {
    for (let at = 0; at < options.connectionsPerLeader; at++) {
      opened.push(LoadConnection.open(targets, options, latencies, total));
    }
  }
  return Promise.all(opened);
}

/** One connection that keeps its depth full, partition after partition. */
class LoadConnection {
  answered = 0;
  errors = 0;
  private readonly socket: Socket;
  private readonly frames: readonly Buffer[];
  private readonly latencies: Percentiles;
  private readonly depth: number;
  private readonly intervalMs: number;
  private readonly sentAtMs = new Map<number, number>();
  private nextId = 1;
  private waiting = 0;
  private rest: Buffer = Buffer.alloc(0);
  private timer: NodeJS.Timeout | undefined;

  private constructor(
    socket: Socket, frames: readonly Buffer[], options: ProduceLoadOptions, latencies: Percentiles, total: number,
  ) {
    this.socket = socket;
    this.frames = frames;
    this.latencies = latencies;
    this.depth = options.depth;
    this.intervalMs = options.ratePerSecond === undefined ? 0 : (1000 * total) / options.ratePerSecond;
    socket.on('data', (bytes) => this.receive(bytes));
    socket.on('error', () => {
      this.errors += 1;
    });
  }

  static async open(
    targets: readonly Target[],
    options: ProduceLoadOptions,
    latencies: Percentiles,
    total: number,
  ): Promise<LoadConnection> {
    const [first] = targets;
    if (first === undefined) throw new Error('a connection without partitions');
    const socket = connect({ host: first.leader.host, port: first.leader.port, noDelay: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    const frames = targets.map((target) => encodeFrame(target, options));
    return new LoadConnection(socket, frames, options, latencies, total);
  }

  start(): void {
    if (this.intervalMs === 0) return this.fill();
    let dueMs = performance.now();
    // A late timer sends what is overdue, so that the rate holds and the wait is part of the latency.
    this.timer = setInterval(() => {
      for (const nowMs = performance.now(); dueMs <= nowMs; dueMs += this.intervalMs) this.send(dueMs);
    }, 1);
  }

  close(): void {
    clearInterval(this.timer);
    this.socket.destroy();
  }

  private fill(): void {
    const nowMs = performance.now();
    this.socket.cork();
    while (this.waiting < this.depth) this.send(nowMs);
    this.socket.uncork();
  }

  private send(sentAtMs: number): void {
    const id = this.nextId++;
    const frame = Buffer.from(this.frames[id % this.frames.length] as Buffer);
    frame.writeInt32BE(id, CORRELATION_AT);
    this.sentAtMs.set(id, sentAtMs);
    this.waiting += 1;
    this.socket.write(frame);
  }

  private receive(bytes: Buffer): void {
    let buffer = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
    const nowMs = performance.now();
    while (buffer.length >= 4) {
      const size = buffer.readInt32BE(0) + 4;
      if (buffer.length < size) break;
      this.onAnswer(buffer.subarray(4, size), nowMs);
      buffer = buffer.subarray(size);
    }
    this.rest = buffer;
    if (this.intervalMs === 0) this.fill();
  }

  private onAnswer(frame: Buffer, nowMs: number): void {
    const id = frame.readInt32BE(0);
    const sentAtMs = this.sentAtMs.get(id);
    this.sentAtMs.delete(id);
    this.waiting -= 1;
    const errorAt = ERROR_BEHIND_NAME + frame.readInt16BE(8);
    if (frame.readInt16BE(errorAt) === 0) this.answered += 1;
    else this.errors += 1;
    if (sentAtMs !== undefined) this.latencies.add(nowMs - sentAtMs);
  }
}

/** Correlation id, one topic, its name's length, one partition, its index: then the error code stands. */
const ERROR_BEHIND_NAME = 4 + 4 + 2 + 4 + 4;

function encodeFrame(target: Target, options: ProduceLoadOptions): Buffer {
  const builder = new BatchBuilder();
  const value = new Uint8Array(options.recordBytes).fill(120);
  builder.append({ timestampMs: Date.now(), key: null, value, headers: [] });
  const records = builder.build({});
  const request = {
    transactionalId: null,
    acks: options.acks,
    timeoutMs: 30_000,
    topicData: [{ name: target.topic, partitionData: [{ index: target.partition, records }] }],
  };
  const frame = joinChunks(encodeRequestFrame(produce, PRODUCE_VERSION, 0, 'bench', request));
  const whole = Buffer.alloc(4 + frame.length);
  whole.writeInt32BE(frame.length, 0);
  whole.set(frame, 4);
  return whole;
}
