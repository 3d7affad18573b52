/** Settings that are each in range, but not together. */
import type { ConfigName, ConfigValues } from './config-keys.ts';

interface Rule {
  readonly smaller: NumberName;
  readonly larger: NumberName;
  /** How many times the smaller one must fit into the larger one. */
  readonly times: number;
  readonly why: string;
}

type NumberName = { [Name in ConfigName]: ConfigValues[Name] extends number ? Name : never }[ConfigName];

const RULES: readonly Rule[] = [
  {
    smaller: 'raft.heartbeat.interval.ms', larger: 'raft.election.timeout.ms', times: 2,
    why: 'one late heartbeat must not begin an election',
  },
  {
    smaller: 'broker.heartbeat.interval.ms', larger: 'broker.session.timeout.ms', times: 2,
    why: 'one late heartbeat must not fence a broker',
  },
  {
    smaller: 'group.min.session.timeout.ms', larger: 'group.max.session.timeout.ms', times: 1,
    why: 'no session would be allowed',
  },
  {
    smaller: 'journal.file.bytes', larger: 'log.reserve.bytes', times: 1,
    why: 'what is in the journal must still fit on the disk when appends are refused',
  },
];

/** Every contradiction, in words. */
export function contradictions(values: ConfigValues): readonly string[] {
  const found: string[] = [];
  for (const { smaller, larger, times, why } of RULES) {
    if (values[smaller] * times <= values[larger]) continue;
    const bound = times === 1 ? `at least ${smaller}` : `at least ${times} times ${smaller}`;
    found.push(`${larger} is ${values[larger]}, but must be ${bound} (${values[smaller]}): ${why}`);
  }
  return found;
}
