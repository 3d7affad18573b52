/** gRPC server reflection, so that grpcurl and its like can ask a node what it serves. Loaded when somebody asks. */
import type { MethodDefinition, Server, ServerDuplexStream } from '@grpc/grpc-js';
import { EventEmitter } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { passThrough } from './grpc-lanes.ts';

const PROTO = fileURLToPath(new URL('../../../proto/', import.meta.url));
const VERSIONS = ['grpc.reflection.v1', 'grpc.reflection.v1alpha'];

type Method = MethodDefinition<object, object>;
type Handler = (stream: TypedStream) => void;

/** A method of the library: how its messages are written, and what answers it. */
interface Served {
  readonly method: Method;
  readonly handler: Handler;
}

/**
 * Serves reflection in both of its versions. The library behind it costs 0.1 s and some megabytes, which no node should
 * pay at its start; the first call loads it.
 */
export function addReflection(server: Server): void {
  let loading: Promise<ReadonlyMap<string, Served>> | undefined;
  for (const version of VERSIONS) {
    const path = `/${version}.ServerReflection/ServerReflectionInfo`;
    const answer = async (call: ServerDuplexStream<Buffer, Buffer>): Promise<void> => {
      loading ??= load();
      try {
        const served = (await loading).get(path);
        if (served !== undefined) served.handler(new TypedStream(call, served.method));
      } catch (cause) {
        call.destroy(cause instanceof Error ? cause : new Error(String(cause)));
      }
    };
    server.addService(
      {
        ServerReflectionInfo: {
          path,
          requestStream: true,
          responseStream: true,
          requestSerialize: passThrough,
          requestDeserialize: passThrough,
          responseSerialize: passThrough,
          responseDeserialize: passThrough,
        },
      },
      { ServerReflectionInfo: (call: ServerDuplexStream<Buffer, Buffer>) => void answer(call) },
    );
  }
}

/** A stream of bytes as the stream of values that the library expects. */
class TypedStream extends EventEmitter {
  private readonly call: ServerDuplexStream<Buffer, Buffer>;
  private readonly method: Method;

  constructor(call: ServerDuplexStream<Buffer, Buffer>, method: Method) {
    super();
    this.call = call;
    this.method = method;
    // The library listens right after; messages come from the event loop.
    call.on('data', (bytes: Buffer) => this.emit('data', method.requestDeserialize(bytes)));
    call.on('end', () => this.emit('end'));
  }

  write(value: object): void {
    this.call.write(this.method.responseSerialize(value));
  }

  end(): void {
    this.call.end();
  }
}

/** The library's methods by path, over everything in proto/. */
async function load(): Promise<ReadonlyMap<string, Served>> {
  const [{ loadSync }, { ReflectionService }] = await Promise.all([
    import('@grpc/proto-loader'),
    import('@grpc/reflection'),
  ]);
  const files = readdirSync(PROTO, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.proto'));
  const definition = loadSync(files.map((name) => join(PROTO, name)), { includeDirs: [PROTO] });
  const served = new Map<string, Served>();
  const recorder = {
    addService(methods: Record<string, Method>, handlers: Record<string, Handler>): void {
      for (const [name, method] of Object.entries(methods)) {
        const handler = handlers[name];
        if (handler !== undefined) served.set(method.path, { method, handler });
      }
    },
  };
  new ReflectionService(definition).addToServer(recorder as unknown as Server);
  return served;
}
