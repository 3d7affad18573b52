/** A connection that asks anything of one broker, many questions at a time: without what a client does on the way. */
import type { Endpoint } from '@hapax/base';
import { decodeResponseFrame, encodeRequestFrame, FrameSplitter } from '@hapax/wire';
import type { Api, Decoded, Encodable, Fields } from '@hapax/wire';
import { connect, type Socket } from 'node:net';

const FRAME_BYTES_MAX = 16 * 1024 * 1024;

interface Waiting {
  receive(frame: Uint8Array): void;
  fail(error: Error): void;
}

/** Answers come in the order of the questions. */
export class WireConnection {
  private readonly socket: Socket;
  private readonly splitter = new FrameSplitter(FRAME_BYTES_MAX);
  private readonly waiting: Waiting[] = [];
  private correlationId = 0;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Uint8Array) => {
      for (const frame of this.splitter.push(chunk)) this.waiting.shift()?.receive(frame);
    });
    socket.on('error', (error) => this.failAll(error));
    socket.on('close', () => this.failAll(new Error('the broker closed the connection')));
  }

  static async open({ host, port }: Endpoint): Promise<WireConnection> {
    const socket = connect({ host, port, noDelay: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new WireConnection(socket);
  }

  ask<Request extends Fields, Response extends Fields>(
    api: Api<Request, Response>,
    version: number,
    request: Encodable<Request>,
  ): Promise<Decoded<Response>> {
    return new Promise((resolve, reject) => {
      const receive = (frame: Uint8Array): void => resolve(decodeResponseFrame(api, version, frame).value);
      this.waiting.push({ receive, fail: reject });
      const chunks = encodeRequestFrame(api, version, ++this.correlationId, 'bench', request);
      const length = Buffer.alloc(4);
      length.writeInt32BE(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
      this.socket.write(Buffer.concat([length, ...chunks]));
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private failAll(error: Error): void {
    for (const one of this.waiting.splice(0)) one.fail(error);
  }
}
