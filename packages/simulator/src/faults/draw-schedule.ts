/** Draws the faults of a seed before anything happens: a list of steps of which any part can be run alone. */
import { SeededRandom } from '@hapax/base';
import type { FaultKind, FaultSchedule, FaultStep } from '@hapax/faults';
import type { Plan } from '../swarm.ts';
import type { FaultTable } from './fault.ts';
import { FAULT_TABLE } from './fault-table.ts';
import { StepDraw } from './step-draw.ts';

/** The schedule of a plan. */
export function drawSchedule(plan: Plan, table: FaultTable = FAULT_TABLE): FaultSchedule {
  const random = new SeededRandom(plan.seed).fork('schedule');
  const steps: FaultStep[] = [];
  if (plan.faults.length === 0) return steps;
  const times = new StepDraw(plan, random);
  for (let at = times.ms(plan.meanFaultIntervalMs); at < plan.faultsMs; at += times.ms(plan.meanFaultIntervalMs)) {
    const kind = times.pick(plan.faults);
    const seed = random.nextUint32();
    steps.push(drawStep(plan, at, { kind, seed }, table));
  }
  return steps;
}

/** One step of a kind; all of it but its time follows from its seed. */
export function drawStep(
  plan: Plan, at: number, { kind, seed }: { readonly kind: FaultKind; readonly seed: number },
  table: FaultTable = FAULT_TABLE,
): FaultStep {
  const draw = new StepDraw(plan, new SeededRandom(seed).fork('step'));
  const details = table[kind]?.draw(draw);
  if (details === undefined) throw new Error(`nothing injects ${kind}: it cannot be drawn`);
  return { at, kind, ...details, forMs: details.forMs ?? draw.ms(plan.meanFaultDurationMs), seed };
}
