/** The logger port over pino: one line of JSON an event on standard output, written before the call returns. */
import type { LogFields, Logger } from '@hapax/base';
import { destination, pino, stdTimeFunctions, type DestinationStream, type Logger as Pino } from 'pino';

/** From the most to the least that is written. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface PinoLoggerOptions {
  readonly level: LogLevel;
  /** On every line. */
  readonly fields: LogFields;
  /** Where lines go; standard output where absent. Synchronous, so that the last line before a crash is not lost. */
  readonly stream?: DestinationStream;
}

/** A logger. Errors in a field `error` or `cause` are written with type, message and stack. */
export function pinoLogger(options: PinoLoggerOptions): Logger {
  const stream = options.stream ?? destination({ dest: 1, sync: true });
  const root = pino(
    {
      level: options.level,
      base: options.fields,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err, cause: pino.stdSerializers.err },
    },
    stream,
  );
  return wrap(root);
}

function wrap(logger: Pino): Logger {
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    child: (fields) => wrap(logger.child(fields)),
  };
}
