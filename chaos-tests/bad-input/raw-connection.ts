/** A TCP connection to a node that says whatever it is told to say, right or wrong. */
import {
  FrameSplitter, decodeResponseFrame, encodeRequestFrame, type Api, type Decoded, type Encodable, type Fields,
} from '@hapax/wire';
import type { Endpoint } from '@hapax/base';
import { connect, type Socket } from 'node:net';
import { WAIT_MS } from '../cluster/limits.ts';

const FRAME_BYTES_MAX = 104_857_600;
const LENGTH_BYTES = 4;

export class RawConnection {
  private readonly socket: Socket;
  private readonly splitter = new FrameSplitter(FRAME_BYTES_MAX);
  private readonly answers: ((frame: Uint8Array) => void)[] = [];
  /** Resolves when the node has closed the connection, or it was closed here. */
  readonly closed: Promise<void>;
  private nextCorrelationId = 1;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    // The reset of a connection is an answer here, too.
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      for (const frame of this.splitter.push(chunk)) this.answers.shift()?.(frame);
    });
  }

  static open({ host, port }: Endpoint): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => resolve(new RawConnection(socket)));
    });
  }

  /** By which the node's log calls this connection. */
  get localPort(): number {
    return this.socket.localPort ?? 0;
  }

  /** Sends bytes as they are. */
  sendBytes(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Sends a frame of this content. */
  sendFrame(content: Uint8Array): void {
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeInt32BE(content.byteLength);
    this.socket.write(Buffer.concat([length, content]));
  }

  /** Sends a request and resolves with its answer. Rejects where the connection is closed instead. */
  async request<Request extends Fields, Response extends Fields>(
    api: Api<Request, Response>, version: number, value: Encodable<Request>,
  ): Promise<Decoded<Response>> {
    const answered = new Promise<Uint8Array>((resolve) => this.answers.push(resolve));
    this.sendFrame(Buffer.concat(encodeRequestFrame(api, version, this.nextCorrelationId++, 'raw', value)));
    let timer: NodeJS.Timeout | undefined;
    const failed = new Promise<never>((_, reject) => {
      void this.closed.then(() => reject(new Error(`the connection was closed instead of an answer to ${api.name}`)));
      timer = setTimeout(() => reject(new Error(`${api.name} was not answered within ${WAIT_MS} ms`)), WAIT_MS);
    });
    const frame = await Promise.race([answered, failed]).finally(() => clearTimeout(timer));
    return decodeResponseFrame(api, version, frame).value;
  }

  /** Sends no more. */
  end(): void {
    this.socket.end();
  }

  close(): void {
    this.socket.destroy();
  }
}
