/** A handler that writes down what it hears, for tests of connections. */
import type { ConnectionHandler, Logger } from '@hapax/base';
import { expect } from 'vitest';

/** What happened on one end of a connection. */
export class NetworkLog implements ConnectionHandler {
  readonly messages: Uint8Array[] = [];
  opens = 0;
  drains = 0;
  closes: string[] = [];

  get texts(): string[] {
    return this.messages.map((message) => Buffer.from(message).toString());
  }

  onOpen(): void {
    this.opens++;
  }

  onMessage(message: Uint8Array): void {
    this.messages.push(message);
  }

  onDrain(): void {
    this.drains++;
  }

  onClose(reason: string): void {
    this.closes.push(reason);
  }

  /** Waits until it was closed. */
  async closed(): Promise<string> {
    await until(() => this.closes.length > 0);
    expect(this.closes).toHaveLength(1);
    return this.closes[0] as string;
  }
}

/** Waits, turn by turn, until a condition holds; the test's own time limit ends it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** A logger that keeps its messages. */
export function keepingLogger(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const keep = (_fields: unknown, message: string): void => void lines.push(message);
  const logger: Logger = { debug: keep, info: keep, warn: keep, error: keep, child: () => logger };
  return { logger, lines };
}
