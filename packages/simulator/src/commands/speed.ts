/** `npm run sim -- speed`: how much of a cluster's life is simulated in an hour of processor time. */
import { crc32c } from '@node-rs/crc32';
import { parseArgs } from 'node:util';
import { accelerateCrc32c } from '@hapax/base';
import { runSeed } from '../run-seed.ts';
import type { Plan } from '../swarm.ts';
import { numberOption, print, withUsage } from './output.ts';

const USAGE = `npm run sim -- speed [options]
  Three controllers and three brokers, 24 partitions, ten transactional producers with one transaction a second each,
  all invariants checked, no faults.
  --minutes X    virtual minutes (default 5)
  --json         the last line is one JSON object
`;

/** Runs it once on this thread; answers 1 where an invariant broke. */
export function runSpeedCommand(args: readonly string[]): Promise<number> {
  return withUsage(USAGE, () => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        minutes: { type: 'string', default: '5' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(USAGE);
      return 0;
    }
    accelerateCrc32c((bytes, previous) => crc32c(bytes, previous));
    const extension = { change: steadyPlan };
    const faultsMs = numberOption('minutes', values.minutes) * 60_000;
    const before = process.cpuUsage();
    const { failure, simulatedMs, events, transactions } = runSeed(1, { faultsMs, workload: 'txn', extension });
    const { user, system } = process.cpuUsage(before);
    const cpuSeconds = (user + system) / 1e6;
    const figures = {
      simulatedHours: simulatedMs / 3_600_000,
      cpuHours: cpuSeconds / 3600,
      simulatedHoursPerCpuHour: Math.round(simulatedMs / 100 / cpuSeconds) / 10,
      eventsPerCpuSecond: Math.round(events / cpuSeconds),
      eventsPerSimulatedSecond: Math.round(events / (simulatedMs / 1000)),
      committed: transactions?.committed ?? 0,
      failed: failure?.message ?? null,
    };
    if (values.json) print(JSON.stringify(figures));
    else for (const [name, value] of Object.entries(figures)) print(`${name.padEnd(26)} ${value}`);
    return failure === null ? 0 : 1;
  });
}

/** What the seed draws besides, such as when somebody begins, matters little. */
function steadyPlan(plan: Plan): Plan {
  const { transactions } = plan;
  if (transactions === null) throw new Error('speed is measured with transactions');
  const names = ['input', 'output-a', 'output-b', 'written'];
  return {
    ...plan,
    shape: {
      ...plan.shape,
      nodes: 6, voters: 3, roles: 'apart', flush: 'fsync', segmentBytes: 1 << 20, lagTimeMaxMs: 10_000,
      sessionTimeoutMs: 9000,
      raft: { ...plan.shape.raft, electionTimeoutMs: 1000, heartbeatIntervalMs: 250, snapshotEveryEntries: 1000 },
    },
    weather: { minDelayMs: 0.05, meanDelayMs: 0.2, hiccupProbability: 0, hiccupMs: 0, keepaliveMs: 5000 },
    meanSyncMs: 1,
    workload: {
      ...plan.workload,
      topics: names.map((name) => ({
        name, partitions: name === 'written' ? 21 : 1, replicationFactor: 3, minInsyncReplicas: 2,
      })),
      producers: 0, meanSendIntervalMs: 1000, hasOperations: false, lingerMs: 0, valueBytes: 100,
    },
    transactions: {
      ...transactions,
      version: 2, isUpgraded: false, cappedOfTen: 0, writers: 10, processors: 0, recordsMax: 1, meanGapMs: 1,
      abortsOfTen: 0, writerLifeMs: 1e9, transactionTimeoutMs: 20_000, operationTimeoutMs: 10_000,
    },
    faults: [],
    core: null,
  };
}
