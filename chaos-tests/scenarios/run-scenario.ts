/** Plays one scenario on a cluster of its own, and judges. */
import { strict as assert } from 'node:assert';
import { storedBatches } from '../cluster/stored-batches.ts';
import { TestBed } from '../cluster/test-bed.ts';
import type { Verdict } from './ledger.ts';
import { Load } from './load.ts';
import type { Scenario } from './scenarios.ts';

const PARTITIONS = 3;

export interface Outcome {
  readonly scenario: string;
  readonly rounds: number;
  readonly durationMs: number;
  readonly isPassed: boolean;
  /** Absent where the run did not get that far. */
  readonly verdict?: Verdict;
  /** Why not, where it did not pass. */
  readonly reason?: string;
  /** Data and logs of the nodes, kept where it did not pass. */
  readonly directory?: string;
}

/** Plays a scenario as many times as there are rounds, under load all the time. Never rejects. */
export async function runScenario(scenario: Scenario, rounds: number): Promise<Outcome> {
  const startedMs = performance.now();
  let bed: TestBed | undefined;
  let verdict: Verdict | undefined;
  let reason: string | undefined;
  try {
    bed = await TestBed.start();
    verdict = await playAll(scenario, rounds, bed);
    if (!verdict.isGood) reason = 'the ledger does not balance';
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
  }
  await bed?.stop({ keepsData: reason !== undefined });
  const durationMs = Math.round(performance.now() - startedMs);
  const outcome = { scenario: scenario.name, rounds, durationMs, isPassed: reason === undefined };
  return {
    ...outcome,
    ...(verdict === undefined ? {} : { verdict }),
    ...(reason === undefined ? {} : { reason }),
    ...(reason === undefined || bed === undefined ? {} : { directory: bed.cluster.directory }),
  };
}

async function playAll(scenario: Scenario, rounds: number, bed: TestBed): Promise<Verdict> {
  const topic = scenario.name;
  await bed.createTopic(topic, PARTITIONS);
  const load = await Load.start({ bootstrap: bed.bootstrap, topic, partitions: PARTITIONS });
  try {
    await load.untilProgress();
    for (let round = 0; round < rounds; round++) {
      await scenario.play({ bed, load, topic });
      await bed.repair(topic);
    }
    await load.finish();
    assertReplicasAgree(bed, topic);
    return load.ledger.judge(await bed.readAll(topic));
  } finally {
    await load.close();
  }
}

/** With all in sync and nothing being sent, every node holds the same batches. */
function assertReplicasAgree(bed: TestBed, topic: string): void {
  const [first, ...others] = bed.cluster.nodes.map((node) => storedBatches(bed.dataDirectory(node), topic));
  for (const other of others) assert.deepEqual(other, first, `the replicas of ${topic} differ`);
}
