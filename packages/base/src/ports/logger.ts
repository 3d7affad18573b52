/** Structured logging: one line of JSON an event in production, kept in memory by the simulator. */

/** Fields of a log line, with the protocol's names: `topic`, `partition`, `producerId`, `leaderEpoch`, `term` … */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes log lines. Messages are constant sentences; what varies goes into the fields. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** A logger that adds these fields to every line. */
  child(fields: LogFields): Logger;
}

/** A logger that writes nothing. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};
