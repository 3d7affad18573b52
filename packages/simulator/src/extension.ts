/** What one file adds to the simulator, for whoever tries an idea: `npm run sim -- --with FILE`. */
import type { FaultKind } from '@hapax/faults';
import type { ClusterWatch } from './cluster-watch.ts';
import type { FaultRow, FaultTable } from './faults/fault.ts';
import { FAULT_TABLE } from './faults/fault-table.ts';
import { demand } from './invariants/violation.ts';
import type { Plan } from './swarm.ts';
import type { RunWorkload } from './workload/run-workload.ts';
import type { ClientWorld } from './workload/sim-client.ts';

/** What such a file exports by default. All of it is optional. */
export interface Extension {
  /** Changes what the seed has drawn. */
  readonly change?: (plan: Plan) => Plan;
  /** By name, kinds of faults that are drawn beside those of the seed. */
  readonly faults?: Readonly<Record<string, FaultRow>>;
  /** By name, what must hold. Each run begins with a check of its own, which may remember things. */
  readonly invariants?: Readonly<Record<string, () => ExtraCheck>>;
  /** Clients, instead of those of the plan. */
  readonly workload?: (world: ClientWorld, plan: Plan, watch: ClusterWatch) => RunWorkload;
}

/** Says what is wrong; undefined if nothing is. Asked five times a virtual second, and at rest after all is healed. */
export type ExtraCheck = (watch: ClusterWatch, isAtRest: boolean) => string | undefined;

/** The plan of a seed with what an extension changes. */
export function extendPlan(plan: Plan, { change, faults = {} }: Extension): Plan {
  const changed = change === undefined ? plan : change(plan);
  return { ...changed, faults: [...changed.faults, ...Object.keys(faults) as FaultKind[]] };
}

/** All kinds of faults, and those of an extension. */
export function tableWith({ faults = {} }: Extension): FaultTable {
  return { ...FAULT_TABLE, ...faults };
}

/** The checks of an extension for one run. */
export function checksOf({ invariants = {} }: Extension): (watch: ClusterWatch, isAtRest: boolean) => void {
  const checks = Object.entries(invariants).map(([name, make]) => ({ name, check: make() }));
  return (watch, isAtRest) => {
    for (const { name, check } of checks) {
      const wrong = check(watch, isAtRest);
      demand(wrong === undefined, 'extension', () => `${name}: ${wrong}`);
    }
  };
}
