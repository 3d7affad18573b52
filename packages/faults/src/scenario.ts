/** A scenario file: what is run, and which faults come. JSON, for people, shrinkers and live clusters alike. */
import { CheckedJson } from './checked-json.ts';
import type { FaultSchedule } from './fault-step.ts';
import { readSchedule } from './read-schedule.ts';

/** A scenario, with nothing in it that depends on who plays it. */
export interface Scenario {
  /** One sentence: what it shows. */
  readonly title: string;
  /** Everything but the faults follows from it. */
  readonly seed: number;
  readonly workload: 'records' | 'txn' | 'raft' | 'odd';
  /** How long the clients work before all faults are taken back. */
  readonly faultsMs: number;
  /** Fields of the plan of the seed that are other than drawn, at any depth. */
  readonly plan?: Readonly<Record<string, unknown>>;
  /** What it must come to: the name of an invariant that it breaks, or `clean`. Left out, nothing is said. */
  readonly expect?: string;
  readonly steps: FaultSchedule;
}

/** The scenario of a parsed document. Throws `config-invalid` with the path, what is there and what to give. */
export function readScenario(document: unknown): Scenario {
  const json = new CheckedJson(document, '');
  const fields = json.object(['title', 'seed', 'workload', 'faultsMs', 'plan', 'expect', 'steps']);
  const plan = fields.plan.optional((one) => one.fields() && (one.value as Readonly<Record<string, unknown>>));
  const expect = fields.expect.optional((one) => one.text());
  return {
    title: fields.title.text(),
    seed: fields.seed.number({ min: 0, max: 0xffff_ffff, isWhole: true }),
    workload: fields.workload.oneOf(['records', 'txn', 'raft', 'odd']),
    faultsMs: fields.faultsMs.number({ min: 0, max: 86_400_000 }),
    ...(plan === undefined ? {} : { plan }),
    ...(expect === undefined ? {} : { expect }),
    steps: readSchedule(fields.steps),
  };
}
