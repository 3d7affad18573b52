/** A recorded bug of the field as a small change of our own source, and what the simulator must say about it. */
import type { FaultSchedule } from '@hapax/faults';
import type { InvariantName } from '../invariants/violation.ts';
import type { WorkloadName } from '../swarm.ts';

/** One place of one file. `find` must occur exactly once: a patch that no longer applies fails the build. */
export interface SourceEdit {
  /** From the root of the repository: `packages/raft/src/leader.ts`. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** What a file in `packages/simulator/mutations` exports by default. Its name begins with the row. */
export interface Mutation {
  /** The row of the catalogue of bugs that it recreates. */
  readonly row: number;
  /** The system and its number for the bug: `KAFKA-14704`. */
  readonly bug: string;
  /** What is wrong in the mutant, as a sentence of up to 100 characters. */
  readonly what: string;
  /** Any of these shows it; another violation alone does not count as caught. */
  readonly breaks: readonly InvariantName[];
  readonly edits: readonly SourceEdit[];
  /** Where to look: what clients do, and virtual minutes of faults for each seed where not the usual. */
  readonly hunt: { readonly workload: WorkloadName; readonly minutes?: number };
  /** Only where no seed has shown it so far: what a seed would have to do, or what hides it. */
  readonly survives?: string;
}

/** How a mutation was caught: written by `npm run sim -- mutations --record`, replayed by `--recorded`. */
export interface RecordedKill {
  readonly seed: number;
  readonly invariant: InvariantName;
  readonly message: string;
  readonly seedsTried: number;
  readonly cpuSeconds: number;
  /** Faults that are left after shrinking; null where it was not shrunk. */
  readonly faults: number | null;
  /** The faults that are left, and how long clients work with them; where they are missing, the seed's own. */
  readonly schedule?: FaultSchedule;
  readonly faultsMs?: number;
}

/** The source with every edit of its file made; throws where one does not apply exactly once. */
export function mutateSource(source: string, file: string, edits: readonly SourceEdit[]): string {
  let text = source;
  for (const edit of edits) {
    if (edit.file !== file) continue;
    const parts = text.split(edit.find);
    if (parts.length !== 2) {
      const found = `${parts.length - 1} times`;
      throw new Error(`${file} has the text to change ${found}, not once: ${JSON.stringify(edit.find)}`);
    }
    text = parts.join(edit.replace);
  }
  return text;
}
