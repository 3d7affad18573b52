/** Reads the steps of a schedule, and refuses what is none. */
import type { CheckedJson } from './checked-json.ts';
import { FAULT_KINDS } from './fault-kinds.ts';
import type { EventTrigger, FaultSchedule, FaultStep } from './fault-step.ts';
import { PROTOCOL_EVENT_NAMES } from './protocol-events.ts';
import { parseTarget } from './target.ts';

const DAY_MS = 86_400_000;

/** The steps, sorted by time. Throws `config-invalid`. */
export function readSchedule(json: CheckedJson): FaultSchedule {
  return json.list().flatMap(readSteps).toSorted((a, b) => a.at - b.at);
}

/** `every` makes many steps of one: it is for people, and schedules that are drawn do without it. */
function readSteps(json: CheckedJson): FaultStep[] {
  const fields = json.object(['at', 'every', 'kind', 'target', 'other', 'forMs', 'seed', 'when', 'parameters']);
  const other = fields.other.optional(readTarget);
  const when = fields.when.optional(readTrigger);
  const parameters = fields.parameters.optional(readParameters);
  const step: FaultStep = {
    at: fields.at.number({ min: 0, max: DAY_MS }),
    kind: fields.kind.oneOf(FAULT_KINDS),
    target: fields.target.optional(readTarget) ?? 'all',
    ...(other === undefined ? {} : { other }),
    forMs: fields.forMs.optional((forMs) => forMs.number({ min: 0, max: DAY_MS })) ?? 0,
    seed: fields.seed.optional((seed) => seed.number({ min: 0, max: 0xffff_ffff, isWhole: true })) ?? 0,
    ...(when === undefined ? {} : { when }),
    ...(parameters === undefined ? {} : { parameters }),
  };
  const every = fields.every.optional((one) => one.object(['ms', 'times']));
  if (every === undefined) return [step];
  const everyMs = every.ms.number({ min: 1, max: DAY_MS });
  const times = every.times.number({ min: 1, max: 1000, isWhole: true });
  return Array.from({ length: times }, (_, index) => ({
    ...step, at: step.at + index * everyMs, seed: (step.seed + index) >>> 0,
  }));
}

function readTarget(json: CheckedJson): string {
  const text = json.text();
  const target = parseTarget(text);
  return typeof target === 'string' ? json.refuse(target.slice(target.indexOf(': give ') + 7)) : text;
}

function readTrigger(json: CheckedJson): EventTrigger {
  const fields = json.object(['event', 'nth', 'on']);
  const on = fields.on.optional(readTarget);
  return {
    event: fields.event.oneOf(PROTOCOL_EVENT_NAMES),
    nth: fields.nth.optional((nth) => nth.number({ min: 1, max: 1_000_000, isWhole: true })) ?? 1,
    ...(on === undefined ? {} : { on }),
  };
}

function readParameters(json: CheckedJson): NonNullable<FaultStep['parameters']> {
  return Object.fromEntries(Object.entries(json.fields()).map(([name, { value, ...rest }]) => {
    if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string') return [name, value];
    return json.refuse(`a number, a text, true or false as ${rest.path}`);
  }));
}
