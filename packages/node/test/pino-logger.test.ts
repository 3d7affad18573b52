/** Log lines: one JSON object each, with levels, fields and errors. */
import { describe, expect, test } from 'vitest';
import { pinoLogger, type LogLevel } from '../src/pino-logger.ts';

function lines(level: LogLevel): { logger: ReturnType<typeof pinoLogger>; read: () => Record<string, unknown>[] } {
  const written: string[] = [];
  const logger = pinoLogger({ level, fields: { node: 3 }, stream: { write: (line) => void written.push(line) } });
  return { logger, read: () => written.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('the logger', () => {
  test('writes one line of JSON an event, with its own fields and those of its parents', () => {
    const { logger, read } = lines('debug');
    logger.child({ component: 'raft' }).debug({ term: 4 }, 'a vote was given');
    expect(read()).toEqual([
      {
        level: 'debug', time: expect.stringMatching(/^\d{4}-.*Z$/u), node: 3, component: 'raft', term: 4,
        msg: 'a vote was given',
      },
    ]);
  });

  test('writes errors with their message and stack', () => {
    const { logger, read } = lines('info');
    logger.error({ cause: new Error('disk gone') }, 'the node stops');
    expect(read()[0]).toMatchObject({ cause: { type: 'Error', message: 'disk gone', stack: expect.any(String) } });
  });

  test('leaves out what is below its level', () => {
    const { logger, read } = lines('warn');
    logger.debug({}, 'no');
    logger.info({}, 'no');
    logger.warn({}, 'yes');
    logger.error({}, 'yes');
    expect(read().map(({ msg }) => msg)).toEqual(['yes', 'yes']);
  });
});
