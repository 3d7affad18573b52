/** Anomalies of order: readers that skip or go back, and sends that lie in another order than they were made. */
import type { AnomalyName, Finding } from './anomalies.ts';
import type { Observations, PartitionView } from './observations.ts';
import { describeWork, readsOf, sendsOf, type History, type PartitionName, type Work } from './operation.ts';

/** Every case of int-poll-*, int-send-*, poll-*, nonmonotonic-* and intermediate-read. */
export function findOrderAnomalies(observations: Observations): Finding[] {
  const findings: Finding[] = [];
  for (const work of observations.works) {
    findings.push(...withinPolls(observations, work), ...withinSends(observations, work));
  }
  for (const operations of observations.byProcess.values()) {
    findings.push(...betweenPolls(observations, operations), ...betweenSends(observations, operations));
  }
  return findings;
}

/** Two values that one client met in a row. */
interface Pair {
  readonly partition: PartitionName;
  readonly first: string;
  readonly second: string;
  readonly operations: readonly Work[];
}

/** Judges a pair by where its values lie; nothing can be said where that is not known. */
function judge(
  observations: Observations, pair: Pair, names: { readonly skip?: AnomalyName; readonly back: AnomalyName },
): Finding[] {
  const { partition, first, second, operations } = pair;
  const view = observations.partitions.get(partition);
  const from = view?.indexOf.get(first);
  const to = view?.indexOf.get(second);
  if (view === undefined || from === undefined || to === undefined) return [];
  const who = describeWork(operations.at(-1) as Work);
  if (to <= from) {
    const message = `${second} of ${partition} came after ${first}, but does not lie behind it: ${who}`;
    return [{ anomaly: names.back, message, partition, values: [first, second], operations }];
  }
  if (to === from + 1 || names.skip === undefined) return [];
  const between = view.order.slice(from + 1, to);
  const message = `between ${first} and ${second} of ${partition} lie ${between.length} values, ${between[0]}: ${who}`;
  return [{ anomaly: names.skip, message, partition, values: between, operations }];
}

function withinPolls(observations: Observations, work: Work): Finding[] {
  // What an uncommitted reader sees beside the committed values has no known place among them.
  if (work.isolation !== 'read-committed') return [];
  const findings: Finding[] = [];
  for (const [partition, records] of readsOf(work)) {
    if (work.rebalanced.includes(partition)) continue;
    for (const [first, second] of pairsOf(records.map(({ value }) => value))) {
      const pair = { partition, first, second, operations: [work] };
      findings.push(...judge(observations, pair, { skip: 'int-poll-skip', back: 'int-nonmonotonic-poll' }));
    }
    const view = observations.partitions.get(partition);
    if (view !== undefined) findings.push(...intermediateReads(view, partition, work));
  }
  return findings;
}

/** G1b: what one operation read reaches around all that a transaction wrote, and has only some of it. */
function intermediateReads(view: PartitionView, partition: PartitionName, work: Work): Finding[] {
  const read = new Set((readsOf(work).get(partition) ?? []).map(({ value }) => value));
  const indexes = [...read].map((value) => view.indexOf.get(value) ?? -1).filter((index) => index >= 0);
  const range = { low: indexes.reduce((low, at) => Math.min(low, at), Infinity), high: Math.max(-1, ...indexes) };
  const findings: Finding[] = [];
  for (const writer of new Set([...read].map((value) => view.writerOf.get(value)))) {
    if (writer === undefined || !writer.isTransaction || writer === work) continue;
    const missing = (sendsOf(writer).get(partition) ?? []).filter(({ value }) => {
      const index = view.indexOf.get(value);
      return index !== undefined && index > range.low && index < range.high && !read.has(value);
    });
    if (missing.length === 0) continue;
    const values = missing.map(({ value }) => value);
    const message = `${work.process} read only a part of ${describeWork(writer)}: ${values[0]} is missing`;
    findings.push({ anomaly: 'intermediate-read', message, partition, values, operations: [work, writer] });
  }
  return findings;
}

function withinSends(observations: Observations, work: Work): Finding[] {
  if (!observations.isKnownCommitted(work)) return [];
  return [...sendsOf(work)].flatMap(([partition, sends]) =>
    [...pairsOf(sends.map(({ value }) => value))].flatMap(([first, second]) => {
      const pair = { partition, first, second, operations: [work] };
      return judge(observations, pair, { skip: 'int-send-skip', back: 'int-nonmonotonic-send' });
    }));
}

function betweenPolls(observations: Observations, operations: History): Finding[] {
  const findings: Finding[] = [];
  const last = new Map<PartitionName, { readonly value: string; readonly work: Work }>();
  for (const operation of operations) {
    if (operation.kind === 'assignment') {
      for (const partition of last.keys()) if (!operation.kept.includes(partition)) last.delete(partition);
      continue;
    }
    if (operation.isolation !== 'read-committed') continue;
    for (const partition of operation.rebalanced) last.delete(partition);
    for (const [partition, records] of readsOf(operation)) {
      const before = last.get(partition);
      const second = records[0]?.value as string;
      if (before !== undefined) {
        const pair = { partition, first: before.value, second, operations: [before.work, operation] };
        findings.push(...judge(observations, pair, { skip: 'poll-skip', back: 'nonmonotonic-poll' }));
      }
      // Where a transaction fails, its consumer goes back to where it was before, or on: both is known to happen.
      if (operation.outcome !== 'ok') last.delete(partition);
      else last.set(partition, { value: records.at(-1)?.value as string, work: operation });
    }
  }
  return findings;
}

function betweenSends(observations: Observations, operations: History): Finding[] {
  const findings: Finding[] = [];
  const last = new Map<PartitionName, { readonly value: string; readonly work: Work }>();
  // A client may send on before it has an answer, and answers may come in another order: what counts is what it meant.
  const works = operations.filter((operation) => operation.kind === 'work');
  for (const operation of works.toSorted((one, other) => one.beganAt - other.beganAt)) {
    if (!observations.isKnownCommitted(operation)) continue;
    for (const [partition, sends] of sendsOf(operation)) {
      const before = last.get(partition);
      const second = sends[0]?.value as string;
      if (before !== undefined) {
        const pair = { partition, first: before.value, second, operations: [before.work, operation] };
        findings.push(...judge(observations, pair, { back: 'nonmonotonic-send' }));
      }
      last.set(partition, { value: sends.at(-1)?.value as string, work: operation });
    }
  }
  return findings;
}

function* pairsOf(values: readonly string[]): Iterable<readonly [string, string]> {
  for (let at = 1; at < values.length; at++) yield [values[at - 1] as string, values[at] as string];
}
