/** Draws the faults of a seed before anything happens: a list of steps of which any part can be run alone. */
import { SeededRandom } from '@hapax/base';
import type { FaultKind, FaultSchedule, FaultStep } from '@hapax/faults';
import type { Plan } from '../swarm.ts';
import { FAULT_TABLE } from './fault-table.ts';
import { StepDraw } from './step-draw.ts';

/** The schedule of a plan. */
export function drawSchedule(plan: Plan): FaultSchedule {
  const random = new SeededRandom(plan.seed).fork('schedule');
  const steps: FaultStep[] = [];
  if (plan.faults.length === 0) return steps;
  const times = new StepDraw(plan, random);
  for (let at = times.ms(plan.meanFaultIntervalMs); at < plan.faultsMs; at += times.ms(plan.meanFaultIntervalMs)) {
    const kind = times.pick(plan.faults);
    const seed = random.nextUint32();
    steps.push(drawStep(plan, at, kind, seed));
  }
  return steps;
}

/** One step of a kind; all of it but its time follows from its seed. */
export function drawStep(plan: Plan, at: number, kind: FaultKind, seed: number): FaultStep {
  const draw = new StepDraw(plan, new SeededRandom(seed).fork('step'));
  const details = FAULT_TABLE[kind]?.draw(draw);
  if (details === undefined) throw new Error(`nothing injects ${kind}: it cannot be drawn`);
  return { at, kind, ...details, forMs: details.forMs ?? draw.ms(plan.meanFaultDurationMs), seed };
}
