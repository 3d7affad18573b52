/** One bidirectional gRPC stream as a connection of whole messages: what is sent in one turn is one gRPC message. */
import { AppError, type Connection, type ConnectionHandler, type Endpoint, type Logger } from '@hapax/base';
import { decodeFrames, frameBytes, framedBytes, type FrameChunks } from '@hapax/rpc';
import type { OutgoingMessage } from './grpc-lanes.ts';

/** Beyond this, frames of one turn go into further gRPC messages: larger ones gain nothing and cost memory. */
const MESSAGE_BYTES = 256 * 1024;
/** `onDrain` is called when what is queued goes down below this. */
const LOW_WATER_BYTES = 256 * 1024;
/** How long a peer may take to close its side before the stream is cut. */
const CLOSE_GRACE_MS = 1000;

/** What client calls and server calls of grpc-js have in common. */
export interface DuplexCall {
  write(message: OutgoingMessage, written: (error?: Error | null) => void): boolean;
  on(event: 'data', listener: (message: Buffer) => void): unknown;
  pause(): unknown;
  resume(): unknown;
  /** Ends this direction; the peer hears it after what was written. */
  end(): unknown;
}

export interface GrpcStreamOptions {
  readonly call: DuplexCall;
  readonly remoteAddress: Endpoint;
  readonly localAddress: Endpoint;
  readonly logger: Logger;
  /** Cuts the stream without waiting: `cancel` of a client call, an error status of a server call. */
  readonly cut: (reason: string) => void;
}

/** A stream that is open or being opened. Its owner reports the end of the call by {@link ended}. */
export class GrpcStream implements Connection {
  readonly remoteAddress: Endpoint;
  readonly localAddress: Endpoint;
  private readonly call: DuplexCall;
  private readonly cut: (reason: string) => void;
  private readonly logger: Logger;
  private handler: ConnectionHandler | undefined;
  private queue: FrameChunks[] = [];
  private queuedBytes = 0;
  private writtenBytes = 0;
  private flushArranged = false;
  private closing = false;
  private gone = false;
  private closeReason: string | undefined;
  private graceTimer: NodeJS.Timeout | undefined;

  constructor(options: GrpcStreamOptions) {
    this.call = options.call;
    this.cut = options.cut;
    this.logger = options.logger;
    this.remoteAddress = options.remoteAddress;
    this.localAddress = options.localAddress;
  }

  get bufferedBytes(): number {
    return this.queuedBytes + this.writtenBytes;
  }

  /** Begins to read; from here on the handler is called. */
  start(handler: ConnectionHandler): void {
    this.handler = handler;
    this.call.on('data', (message) => this.onData(message));
  }

  /** The peer accepted the stream. */
  opened(): void {
    if (!this.gone) this.handler?.onOpen?.();
  }

  /** The call is over, whoever ended it; only the first report counts. */
  ended(reason: string): void {
    if (this.gone) return;
    this.gone = true;
    this.closing = true;
    this.queue = [];
    clearTimeout(this.graceTimer);
    this.handler?.onClose(this.closeReason ?? reason);
  }

  send(chunks: readonly Uint8Array[]): void {
    if (this.closing) return;
    this.queue.push(chunks);
    this.queuedBytes += framedBytes(frameBytes(chunks));
    if (this.flushArranged) return;
    this.flushArranged = true;
    process.nextTick(() => this.flush());
  }

  setPaused(paused: boolean): void {
    if (paused) this.call.pause();
    else this.call.resume();
  }

  close(reason?: string): void {
    if (this.closing) return;
    this.closing = true;
    this.closeReason = reason ?? 'closed by this node';
    // After what this turn still writes.
    process.nextTick(() => {
      if (!this.gone) this.call.end();
    });
    this.graceTimer = setTimeout(() => {
      this.ended('the peer did not close its side');
      this.cut('the peer did not close its side');
    }, CLOSE_GRACE_MS);
  }

  private flush(): void {
    this.flushArranged = false;
    const frames = this.queue;
    if (this.gone || frames.length === 0) return;
    this.queue = [];
    this.queuedBytes = 0;
    let first = 0;
    let size = 0;
    for (const [index, chunks] of frames.entries()) {
      const more = framedBytes(frameBytes(chunks));
      if (size > 0 && size + more > MESSAGE_BYTES) {
        this.write(frames.slice(first, index), size);
        first = index;
        size = 0;
      }
      size += more;
    }
    this.write(first === 0 ? frames : frames.slice(first), size);
  }

  private write(frames: readonly FrameChunks[], sizeBytes: number): void {
    this.writtenBytes += sizeBytes;
    this.call.write({ frames, sizeBytes }, () => this.onWritten(sizeBytes));
  }

  private onWritten(size: number): void {
    const before = this.bufferedBytes;
    this.writtenBytes -= size;
    if (this.gone || before < LOW_WATER_BYTES || this.bufferedBytes >= LOW_WATER_BYTES) return;
    this.handler?.onDrain?.();
  }

  private onData(message: Buffer): void {
    if (this.gone) return;
    try {
      for (const frame of decodeFrames(message)) {
        if (this.gone) return;
        this.handler?.onMessage(frame);
      }
    } catch (cause) {
      // What a node of another release, or no node at all, sends must not harm this one.
      if (!(cause instanceof AppError) || cause.code !== 'frame-malformed') throw cause;
      this.logger.warn({ remote: this.remoteAddress, cause }, 'a node sent what cannot be read; its stream is cut');
      this.ended(cause.message);
      this.cut(cause.message);
    }
  }
}
