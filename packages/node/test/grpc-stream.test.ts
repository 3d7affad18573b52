/** How a stream packs what is sent into gRPC messages, and how it counts: over a call that lies in memory. */
import { AppError } from '@hapax/base';
import { decodeFrames } from '@hapax/rpc';
import { describe, expect, test } from 'vitest';
import { encodeForClient, type OutgoingMessage } from '../src/grpc-lanes.ts';
import { GrpcStream, type DuplexCall } from '../src/grpc-stream.ts';
import { keepingLogger, NetworkLog } from './network-log.ts';

/** A call whose writes wait until they are let through. */
class MemoryCall implements DuplexCall {
  readonly writes: Buffer[] = [];
  ended = false;
  private waiting: (() => void)[] = [];
  private listener: ((message: Buffer) => void) | undefined;

  write(message: OutgoingMessage, written: () => void): boolean {
    this.writes.push(encodeForClient(message));
    this.waiting.push(written);
    return true;
  }

  /** Lets the first writes through. */
  flush(count: number): void {
    for (const written of this.waiting.splice(0, count)) written();
  }

  receive(message: Buffer): void {
    this.listener?.(message);
  }

  on(_event: 'data', listener: (message: Buffer) => void): void {
    this.listener = listener;
  }

  pause(): void {}
  resume(): void {}
  end(): void {
    this.ended = true;
  }
}

function open(): { call: MemoryCall; stream: GrpcStream; log: NetworkLog; cuts: string[] } {
  const call = new MemoryCall();
  const cuts: string[] = [];
  const here = { host: 'here', port: 1 };
  const { logger } = keepingLogger();
  const cut = (reason: string): void => void cuts.push(reason);
  const stream = new GrpcStream({ call, remoteAddress: here, localAddress: here, logger, cut });
  const log = new NetworkLog();
  stream.start(log);
  return { call, stream, log, cuts };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const sizesOf = (message: Buffer): number[] => decodeFrames(message).map((frame) => frame.byteLength);

describe('a stream', () => {
  test('puts what is sent in one turn into one gRPC message', async () => {
    const { call, stream } = open();
    for (const size of [1, 0, 300]) stream.send([new Uint8Array(size)]);
    expect(call.writes).toHaveLength(0);
    await turn();
    stream.send([new Uint8Array(2), new Uint8Array(3)]);
    await turn();
    expect(call.writes.map(sizesOf)).toEqual([[1, 0, 300], [5]]);
  });

  test('begins a new gRPC message beyond 256 KiB, and leaves a larger frame whole', async () => {
    const { call, stream } = open();
    for (const kib of [100, 100, 100, 600, 1]) stream.send([new Uint8Array(kib * 1024)]);
    await turn();
    const sizes = call.writes.map((message) => sizesOf(message).map((size) => size / 1024));
    expect(sizes).toEqual([[100, 100], [100], [600], [1]]);
  });

  test('counts what is queued and what is written, and says once when it went below the low-water mark', async () => {
    const { call, stream, log } = open();
    for (let count = 0; count < 4; count++) stream.send([new Uint8Array(200_000)]);
    expect(stream.bufferedBytes).toBeGreaterThan(800_000);
    await turn();
    expect(stream.bufferedBytes).toBeGreaterThan(800_000);
    call.flush(2);
    expect(log.drains).toBe(0);
    call.flush(1);
    expect(log.drains).toBe(1);
    call.flush(1);
    expect([log.drains, stream.bufferedBytes]).toEqual([1, 0]);
  });

  test('sends what was queued before it was closed, and nothing after', async () => {
    const { call, stream, log } = open();
    stream.send([new Uint8Array(7)]);
    stream.close('enough');
    stream.send([new Uint8Array(8)]);
    await turn();
    expect([call.writes.map(sizesOf), call.ended]).toEqual([[[7]], true]);
    stream.ended('over');
    stream.ended('again');
    expect(log.closes).toEqual(['enough']);
  });

  test('gives nothing more to its handler once it is gone', async () => {
    const { call, stream, log } = open();
    stream.ended('lost');
    call.receive(Buffer.of(0x0a, 1, 42));
    stream.send([new Uint8Array(1)]);
    stream.opened();
    await turn();
    expect([log.messages.length, log.opens, call.writes.length]).toEqual([0, 0, 0]);
  });

  test('is cut where its owner cannot read a message, and the node goes on', () => {
    const { call, log, cuts } = open();
    log.onMessage = () => {
      throw new AppError('frame-malformed', 'no message of ours', { retriable: false, definite: true });
    };
    const frame = Buffer.of(0x0a, 1, 42);
    call.receive(Buffer.concat([frame, frame]));
    expect([cuts, log.closes]).toEqual([['no message of ours'], ['no message of ours']]);
  });

  test('is cut by what is no frame, and hears of nothing else', () => {
    const { call, log, cuts } = open();
    call.receive(Buffer.of(0x12));
    call.receive(Buffer.of(0x0a, 1, 42));
    expect([cuts.length, log.closes.length, log.messages.length]).toEqual([1, 1, 0]);
    expect(() => decodeFrames(Buffer.of(0x12))).toThrow(AppError);
  });
});
