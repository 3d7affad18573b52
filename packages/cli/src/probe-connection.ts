/** One connection that says exactly at which point it failed. */
import { connect, type Socket } from 'node:net';
import type { Endpoint } from '@hapax/base';
import {
  decodeResponseFrame,
  encodeRequestFrame,
  FrameSplitter,
  type Api,
  type Encodable,
  type Fields,
} from '@hapax/wire';
import type { Decoded } from '@hapax/wire';

/** A failure, and the step of the way where it came up. */
export class ProbeFailure extends Error {
  readonly step: string;
  readonly code: string;

  constructor(step: string, message: string, code = '') {
    super(message);
    this.step = step;
    this.code = code;
  }
}

const FRAME_BYTES_MAX = 64 * 1024 * 1024;

/** A TCP connection for one request at a time. */
export class ProbeConnection {
  readonly #socket: Socket;
  #correlationId = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Connects. Throws `ProbeFailure` of the step `port`. */
  static open(endpoint: Endpoint, timeoutMs: number): Promise<ProbeConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: endpoint.host, port: endpoint.port });
      const timer = setTimeout(() => fail(`no connection within ${timeoutMs} ms`, 'ETIMEDOUT'), timeoutMs);
      const fail = (message: string, code: string): void => {
        clearTimeout(timer);
        socket.destroy();
        reject(new ProbeFailure('port', message, code));
      };
      socket.once('error', (error: NodeJS.ErrnoException) => {
        // A name with several addresses fails with an error whose message is empty.
        fail(error.message === '' ? `the connection failed (${error.code})` : error.message, error.code ?? '');
      });
      socket.once('connect', () => {
        clearTimeout(timer);
        socket.removeAllListeners('error');
        resolve(new ProbeConnection(socket));
      });
    });
  }

  /** Sends a request and reads its answer. Throws `ProbeFailure` of the step `protocol`. */
  ask<Request extends Fields, Response extends Fields>(
    api: Api<Request, Response>,
    version: number,
    request: Encodable<Request>,
    timeoutMs: number,
  ): Promise<Decoded<Response>> {
    const splitter = new FrameSplitter(FRAME_BYTES_MAX);
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => settle(() => reject(failure(`no answer to ${api.name} within ${timeoutMs} ms`))),
        timeoutMs,
      );
      const settle = (outcome: () => void): void => {
        clearTimeout(timer);
        socket.removeAllListeners();
        socket.on('error', () => undefined);
        outcome();
      };
      socket.on('error', (error) => settle(() => reject(failure(error.message))));
      socket.on('close', () => settle(() => reject(failure(`it closed the connection at ${api.name}`))));
      socket.on('data', (chunk: Uint8Array) => {
        const other = otherProtocol(chunk);
        if (other !== undefined) return settle(() => reject(failure(other)));
        try {
          const [frame] = splitter.push(chunk);
          if (frame === undefined) return;
          const { value } = decodeResponseFrame(api, version, frame);
          settle(() => resolve(value));
        } catch (error) {
          settle(() => reject(failure(`its answer makes no sense: ${error instanceof Error ? error.message : error}`)));
        }
      });
      this.#send(encodeRequestFrame(api, version, ++this.#correlationId, 'hapax-doctor', request));
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #send(chunks: readonly Uint8Array[]): void {
    const length = Buffer.alloc(4);
    length.writeInt32BE(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    this.#socket.write(Buffer.concat([length, ...chunks]));
  }
}

/** What speaks there, where its first bytes give it away. */
function otherProtocol(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0x15 && bytes[1] === 3) return 'it speaks TLS';
  // An HTTP/2 server begins with a SETTINGS frame (type 4) of stream 0; a broker's first answer carries the number 1.
  if (bytes[3] === 4 && bytes.subarray(4, 9).every((byte) => byte === 0)) {
    return 'an HTTP/2 server answers, as on the port by which nodes reach one another (gRPC)';
  }
  const text = Buffer.from(bytes.subarray(0, 8)).toString('latin1');
  if (text.startsWith('HTTP/')) return 'an HTTP server answers';
  if (text.startsWith('SSH-')) return 'an SSH server answers';
  return undefined;
}

function failure(message: string): ProbeFailure {
  return new ProbeFailure('protocol', message);
}
