/** One TCP connection as a connection of whole messages: four bytes of length in front of each. */
import { AppError, assert, type Connection, type ConnectionHandler, type Endpoint, type Logger } from '@hapax/base';
import { FrameSplitter } from '@hapax/wire';
import type { Socket } from 'node:net';
import { plainAddress } from './advertised.ts';

/** Messages up to this size are copied into one buffer: cheaper than one more chunk for the system call. */
const COPY_BYTES = 4096;
/** How long a peer may take to close its side before the connection is cut. */
const CLOSE_GRACE_MS = 1000;

export interface FramedSocketOptions {
  readonly maxFrameBytes: number;
  readonly idleTimeoutMs: number;
  readonly logger: Logger;
}

/** A connected socket. What is sent in one turn goes out in one system call. */
export class FramedSocket implements Connection {
  readonly remoteAddress: Endpoint;
  readonly localAddress: Endpoint;
  /** Settles when the connection is gone and its handler has heard it. */
  readonly closed: Promise<void>;
  private readonly socket: Socket;
  private readonly splitter: FrameSplitter;
  private readonly logger: Logger;
  private readonly idleTimeoutMs: number;
  private corked = false;
  private closing = false;
  private settleClosed: () => void = () => undefined;
  private closeReason = 'the client closed the connection';

  constructor(socket: Socket, options: FramedSocketOptions) {
    this.socket = socket;
    this.splitter = new FrameSplitter(options.maxFrameBytes);
    this.logger = options.logger;
    this.idleTimeoutMs = options.idleTimeoutMs;
    this.remoteAddress = { host: plainAddress(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 };
    this.closed = new Promise((resolve) => {
      this.settleClosed = resolve;
    });
    this.localAddress = { host: plainAddress(socket.localAddress ?? ''), port: socket.localPort ?? 0 };
  }

  get bufferedBytes(): number {
    return this.socket.writableLength;
  }

  /** Begins to read; from here on the handler is called. */
  start(handler: ConnectionHandler): void {
    const { socket } = this;
    socket.on('data', (chunk: Buffer) => this.onData(chunk, handler));
    socket.on('drain', () => handler.onDrain?.());
    socket.on('error', (cause) => {
      this.closeReason = cause.message;
    });
    socket.on('close', () => {
      this.closing = true;
      handler.onClose(this.closeReason);
      this.settleClosed();
    });
    if (this.idleTimeoutMs === 0) return;
    socket.setTimeout(this.idleTimeoutMs, () => this.close(`nothing came for ${this.idleTimeoutMs} ms`));
  }

  send(chunks: readonly Uint8Array[]): void {
    const { socket } = this;
    if (this.closing || socket.destroyed) return;
    this.corkForThisTurn();
    let size = 0;
    for (const chunk of chunks) size += chunk.byteLength;
    const copies = size <= COPY_BYTES;
    const head = Buffer.allocUnsafe(copies ? 4 + size : 4);
    head.writeInt32BE(size, 0);
    if (!copies) {
      socket.write(head);
      for (const chunk of chunks) socket.write(chunk);
      return;
    }
    let at = 4;
    for (const chunk of chunks) {
      head.set(chunk, at);
      at += chunk.byteLength;
    }
    assert(at === head.byteLength, () => `${at} bytes of a frame of ${head.byteLength} were written`);
    socket.write(head);
  }

  setPaused(paused: boolean): void {
    if (paused) this.socket.pause();
    else this.socket.resume();
  }

  close(reason?: string): void {
    if (this.closing) return;
    this.closing = true;
    this.closeReason = reason ?? 'closed by this node';
    this.socket.end();
    const cut = setTimeout(() => this.socket.destroy(), CLOSE_GRACE_MS);
    this.socket.once('close', () => clearTimeout(cut));
    // A paused socket never hears that its peer closed.
    this.socket.resume();
  }

  private onData(chunk: Buffer, handler: ConnectionHandler): void {
    if (this.closing) return;
    let frames: Uint8Array[];
    try {
      frames = this.splitter.push(chunk);
    } catch (cause) {
      if (!(cause instanceof AppError)) throw cause;
      this.logger.warn({ remote: this.remoteAddress, cause }, 'a client sent what is no frame; its connection is cut');
      this.closing = true;
      this.closeReason = cause.message;
      this.socket.destroy();
      return;
    }
    for (const frame of frames) handler.onMessage(frame);
  }

  private corkForThisTurn(): void {
    if (this.corked) return;
    this.corked = true;
    this.socket.cork();
    process.nextTick(() => {
      this.corked = false;
      this.socket.uncork();
    });
  }
}
