/** The world as a client sees it: what the driver gives to every machine. */
import type { ClientDialer, Clock, Compression, Logger, Random, Scheduler } from '@hapax/base';

/** All ports of a client. The simulator gives its own. */
export interface ClientPorts {
  readonly dialer: ClientDialer;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly compression: Compression;
  readonly logger: Logger;
}
