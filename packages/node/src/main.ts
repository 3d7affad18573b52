/** The process of one node: `node main.ts [--config FILE] [--set key=value …]`. */
import { AppError } from '@hapax/base';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { loadConfig, type NodeConfig } from './config.ts';
import { collectStartGarbage, configureGarbageCollection } from './garbage-collection.ts';
import { startNode } from './hapax-node.ts';

/** Starts the node that the arguments and the environment describe, and stays until a signal or a failure. */
export async function runNode(args: readonly string[]): Promise<void> {
  configureGarbageCollection();
  const config = readConfig(args);
  const node = await startNode({ config, onFailStop: (reason) => failStop(reason) });
  let isStopping = false;
  const stop = (signal: string): void => {
    if (isStopping) return process.exit(1);
    isStopping = true;
    node.logger.info({ signal }, 'stopping: leaderships are handed over');
    void node.stop().then(() => process.exit(0));
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  // A supervisor that dies takes its nodes along: they notice when the channel to it closes.
  if (process.channel !== undefined) process.on('disconnect', () => stop('disconnect'));
  process.send?.({ type: 'listening', ...node.listening });
  node.logger.info({ ...node.listening }, 'the node serves');
  collectStartGarbage();
}

function readConfig(args: readonly string[]): NodeConfig {
  const { values } = parseArgs({
    args: [...args],
    options: { config: { type: 'string' }, set: { type: 'string', multiple: true } },
  });
  const name = values.config ?? process.env['HAPAX_CONFIG'];
  const overrides: Record<string, string> = {};
  for (const setting of values.set ?? []) {
    const at = setting.indexOf('=');
    if (at <= 0) throw usage(`--set ${setting} is no key=value`);
    overrides[setting.slice(0, at)] = setting.slice(at + 1);
  }
  const file = name === undefined ? {} : { file: { name, text: readFileSync(name, 'utf8') } };
  return loadConfig({ ...file, environment: process.env, overrides });
}

function usage(message: string): AppError {
  return new AppError('usage', message, { retriable: false, definite: true });
}

/** Ends the process at once: after a failure of the disk nothing may be acknowledged any more. */
function failStop(reason: string): never {
  process.stderr.write(`hapax: stopped at once: ${reason}\n`);
  process.exit(70);
}

if (import.meta.main) {
  process.on('uncaughtException', (error) => failStop(error.stack ?? error.message));
  runNode(process.argv.slice(2)).catch((error: unknown) => {
    const message = error instanceof AppError ? error.message : error instanceof Error ? error.stack : String(error);
    process.stderr.write(`hapax: ${message}\n`);
    process.exit(error instanceof AppError && error.code === 'config-invalid' ? 2 : 1);
  });
}
