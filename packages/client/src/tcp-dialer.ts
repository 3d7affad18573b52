/** Connections to brokers over TCP: frames with four bytes of length in front. */
import { connect as dial, type Socket } from 'node:net';
import { AppError, type ClientDialer, type Connection, type ConnectionHandler, type Endpoint } from '@hapax/base';
import { FrameSplitter } from '@hapax/wire';

/** Answers above this are refused: the length bytes are then more likely those of another protocol. */
const MAX_FRAME_BYTES = 256 * 1024 * 1024;
/** How long a close waits for what was queued to leave. */
const CLOSE_GRACE_MS = 1000;
const KEEP_ALIVE_MS = 30_000;

/** Dials with Node's sockets. Of a name with several addresses, the first that answers is used. */
export class TcpDialer implements ClientDialer {
  connect(to: Endpoint, handler: ConnectionHandler): Connection {
    return new TcpConnection(to, handler);
  }
}

class TcpConnection implements Connection {
  readonly remoteAddress: Endpoint;
  readonly #socket: Socket;
  readonly #handler: ConnectionHandler;
  readonly #splitter = new FrameSplitter(MAX_FRAME_BYTES);
  #reason = 'the broker closed it';
  #closed = false;

  constructor(to: Endpoint, handler: ConnectionHandler) {
    this.remoteAddress = to;
    this.#handler = handler;
    this.#socket = dial({
      host: to.host,
      port: to.port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
    });
    this.#socket.on('connect', () => handler.onOpen?.());
    this.#socket.on('data', (chunk) => this.#onData(chunk));
    this.#socket.on('drain', () => handler.onDrain?.());
    this.#socket.on('error', (error) => {
      this.#reason = error.message;
    });
    this.#socket.on('close', () => this.#onClose());
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  get localAddress(): Endpoint {
    return { host: this.#socket.localAddress ?? '', port: this.#socket.localPort ?? 0 };
  }

  send(chunks: readonly Uint8Array[]): void {
    if (this.#closed || this.#socket.destroyed) return;
    const length = new Uint8Array(4);
    let sizeBytes = 0;
    for (const chunk of chunks) sizeBytes += chunk.length;
    new DataView(length.buffer).setInt32(0, sizeBytes);
    // Corked, the pieces leave with one system call.
    this.#socket.cork();
    this.#socket.write(length);
    for (const chunk of chunks) this.#socket.write(chunk);
    this.#socket.uncork();
  }

  setPaused(paused: boolean): void {
    if (paused) this.#socket.pause();
    else this.#socket.resume();
  }

  close(reason?: string): void {
    if (this.#closed || this.#socket.destroyed) return;
    this.#reason = reason ?? 'closed here';
    this.#socket.end();
    // A peer that is gone never takes what is queued: after the grace period the socket is dropped.
    const drop = setTimeout(() => this.#socket.destroy(), CLOSE_GRACE_MS);
    drop.unref();
    this.#socket.once('close', () => clearTimeout(drop));
    this.#socket.resume();
  }

  #onData(chunk: Uint8Array): void {
    let frames: Uint8Array[];
    try {
      frames = this.#splitter.push(chunk);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#reason = error.message;
      this.#socket.destroy();
      return;
    }
    for (const frame of frames) this.#handler.onMessage(frame);
  }

  #onClose(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#handler.onClose(this.#reason);
  }
}
