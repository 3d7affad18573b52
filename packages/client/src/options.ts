/** What people set, with defaults: checked once, here, and every complaint names its option. */
import { AppError, CompressionType, type CompressionName, type Endpoint, type Logger } from '@hapax/base';
import type { ClusterOptions, ProducerOptions, TransactionOptions } from './machines/index.ts';

/** How to reach a cluster. */
export interface ConnectOptions {
  /** Addresses of some brokers: `host:port`, several with commas between or as a list. */
  readonly bootstrap: string | readonly string[];
  /** Tells brokers who asks. Default `hapax`. */
  readonly clientId?: string;
  /** How long {@link connect} waits for a first answer. Default 10 s. */
  readonly connectTimeoutMs?: number;
  /** How long one request may take. Default 30 s. */
  readonly requestTimeoutMs?: number;
  /** Metadata older than this is read again. Default 5 min. */
  readonly metadataMaxAgeMs?: number;
  /** Default: nothing is logged. */
  readonly logger?: Logger;
}

/** How a producer sends. */
export interface ProducerSettings {
  /** Default true: a retry never writes a record twice, nor out of order. */
  readonly idempotent?: boolean;
  /** Default `all`. Others need `idempotent: false`. */
  readonly acks?: 'all' | 1 | 0;
  /** Default `none`. */
  readonly compression?: CompressionName;
  /** How long a batch may wait for more records. Default 0: it takes what comes in the same turn. */
  readonly lingerMs?: number;
  /** Default 64 KiB, not compressed. */
  readonly batchBytes?: number;
  /** Default 32 MiB. `send` waits when it is used up. */
  readonly bufferBytes?: number;
  /** Default 2 min, retries included. */
  readonly deliveryTimeoutMs?: number;
  /** Default 30 s. */
  readonly requestTimeoutMs?: number;
  /** Default true: brokers that are configured so make topics that do not exist. */
  readonly autoCreateTopics?: boolean;
}

/** How a producer with transactions sends: idempotent, and with `acks: 'all'`. */
export interface TransactionalProducerSettings extends Omit<ProducerSettings, 'idempotent' | 'acks'> {
  /** The name that outlives the process: of all producers that use it, the newest one counts, and fences the others. */
  readonly transactionalId: string;
  /** Default 60 s: open for longer, a transaction is aborted by its coordinator. Brokers bound it, often at 15 min. */
  readonly transactionTimeoutMs?: number;
}

const DIAL_TIMEOUT_MS = 3000;

/** Reads addresses. Throws `config-invalid`. */
function parseBootstrap(bootstrap: string | readonly string[]): Endpoint[] {
  const addresses = (typeof bootstrap === 'string' ? bootstrap.split(',') : bootstrap).map((text) => text.trim());
  const endpoints = addresses
    .filter((text) => text !== '')
    .map((text) => {
      const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
      const port = Number(match?.[3]);
      if (match === null || port > 65535) throw invalid('bootstrap', text, 'write host:port, or [IPv6]:port');
      return { host: match[1] ?? match[2] ?? '', port };
    });
  if (endpoints.length === 0) throw invalid('bootstrap', String(bootstrap), 'name at least one broker as host:port');
  return endpoints;
}

/** Settings of a connection with defaults. Throws `config-invalid`. */
export function clusterOptions(options: ConnectOptions): ClusterOptions {
  const connectTimeoutMs = connectDeadlineMs(options);
  return {
    bootstrap: parseBootstrap(options.bootstrap),
    clientId: options.clientId ?? 'hapax',
    // Each address gets a share of the time, so that one that does not answer does not stand for all.
    connectTimeoutMs: Math.min(connectTimeoutMs, DIAL_TIMEOUT_MS),
    requestTimeoutMs: positive('requestTimeoutMs', options.requestTimeoutMs ?? 30_000),
    inFlightMax: 1000,
    metadataMaxAgeMs: positive('metadataMaxAgeMs', options.metadataMaxAgeMs ?? 300_000),
    retryBackoff: { initialMs: 50, maxMs: 250 },
    reconnectBackoff: { initialMs: 50, maxMs: 500 },
  };
}

/** How long to wait for the first answer of any broker. Throws `config-invalid`. */
export function connectDeadlineMs(options: ConnectOptions): number {
  return positive('connectTimeoutMs', options.connectTimeoutMs ?? 10_000);
}

/** Settings of a producer with defaults. Throws `config-invalid`. */
export function producerOptions(settings: ProducerSettings): ProducerOptions {
  const idempotent = settings.idempotent ?? true;
  const acks = settings.acks ?? 'all';
  if (idempotent && acks !== 'all')
    throw invalid('acks', acks, 'an idempotent producer needs all; or set idempotent: false');
  const compression = settings.compression ?? 'none';
  if (!(compression in CompressionType)) {
    throw invalid('compression', compression, `choose one of ${Object.keys(CompressionType).join(', ')}`);
  }
  const lingerMs = settings.lingerMs ?? 0;
  if (!(lingerMs >= 0)) throw invalid('lingerMs', lingerMs, 'choose 0 or more');
  const batchBytes = positive('batchBytes', settings.batchBytes ?? 65_536);
  return {
    idempotent,
    acks: acks === 'all' ? -1 : acks,
    compression,
    lingerMs,
    batchBytes,
    requestBytesMax: Math.max(1_048_576, batchBytes),
    inFlightPerPartitionMax: 5,
    inFlightPerBrokerMax: 5,
    bufferBytes: positive('bufferBytes', settings.bufferBytes ?? 33_554_432),
    deliveryTimeoutMs: positive('deliveryTimeoutMs', settings.deliveryTimeoutMs ?? 120_000),
    requestTimeoutMs: positive('requestTimeoutMs', settings.requestTimeoutMs ?? 30_000),
    autoCreateTopics: settings.autoCreateTopics ?? true,
  };
}

/** Settings of transactions with defaults. Throws `config-invalid`. */
export function transactionOptions(settings: TransactionalProducerSettings): TransactionOptions {
  const { transactionalId } = settings;
  if (typeof transactionalId !== 'string' || transactionalId === '')
    throw invalid('transactionalId', transactionalId, 'name the producer, or leave it out');
  return {
    transactionalId,
    transactionTimeoutMs: positive('transactionTimeoutMs', settings.transactionTimeoutMs ?? 60_000),
    operationTimeoutMs: positive('deliveryTimeoutMs', settings.deliveryTimeoutMs ?? 120_000),
  };
}

/** A number above 0, or the complaint about it. */
export function positive(option: string, value: number): number {
  if (!(value > 0) || !Number.isFinite(value)) throw invalid(option, value, 'choose a number above 0');
  return value;
}

/** The complaint about an option. */
export function invalid(option: string, value: unknown, advice: string): AppError {
  return new AppError('config-invalid', `option ${option} is ${JSON.stringify(value)}: ${advice}`, {
    retriable: false,
    definite: true,
    details: { option, value },
  });
}
