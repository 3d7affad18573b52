/** Anomalies of single values: lost, twice, at the wrong place, seen too early, or though they were aborted. */
import type { Finding } from './anomalies.ts';
import type { Observations, PartitionView } from './observations.ts';
import { describeWork, readsOf, sendsOf, type PartitionName, type Work } from './operation.ts';

/** Every case of inconsistent-offsets, duplicate, aborted-read, precommitted-read, lost-write and unseen. */
export function findValueAnomalies(observations: Observations): Finding[] {
  const findings: Finding[] = [];
  for (const [name, view] of observations.partitions) {
    findings.push(...conflictsOf(name, view), ...lostOf(observations, name, view));
    findings.push(...unseenOf(observations, name, view));
  }
  for (const work of observations.works) {
    if (work.isolation === 'read-committed') findings.push(...badReadsOf(observations, work));
  }
  return findings;
}

/** Offsets with two values, and values with two offsets. */
function conflictsOf(partition: PartitionName, view: PartitionView): Finding[] {
  const findings: Finding[] = [];
  const offsetsOf = new Map<string, number[]>();
  for (const [offset, values] of view.valuesByOffset) {
    for (const value of values) offsetsOf.set(value, [...(offsetsOf.get(value) ?? []), offset]);
    if (values.size < 2) continue;
    const list = [...values];
    const message = `${partition}@${offset} holds ${list.join(' and ')}`;
    findings.push({ anomaly: 'inconsistent-offsets', message, partition, values: list, operations: [] });
  }
  for (const [value, offsets] of offsetsOf) {
    if (offsets.length < 2) continue;
    const operations = [view.writerOf.get(value)].filter((work) => work !== undefined);
    const message = `${value} is in ${partition} at ${offsets.join(' and ')}`;
    findings.push({ anomaly: 'duplicate', message, partition, values: [value], operations });
  }
  return findings;
}

/**
 * Up to the highest value that was read, every committed value must have been read. Where a part of a transaction was
 * read, the rest of it is committed too.
 */
function lostOf(observations: Observations, partition: PartitionName, view: PartitionView): Finding[] {
  let last = -1;
  for (const value of view.readerOf.keys()) last = Math.max(last, view.indexOf.get(value) ?? -1);
  const findings: Finding[] = [];
  const values = [...view.indexOf].filter(([value, index]) => index <= last && !view.readerOf.has(value));
  for (const [value] of values) {
    const writer = view.writerOf.get(value);
    if (writer === undefined || !observations.isKnownCommitted(writer)) continue;
    const beyond = view.order[last] as string;
    const operations = [writer, view.readerOf.get(beyond)].filter((work) => work !== undefined);
    const who = describeWork(writer);
    const message = `${value} was never read from ${partition}, though ${beyond} behind it was: ${who}`;
    findings.push({ anomaly: 'lost-write', message, partition, values: [value], operations });
  }
  return findings;
}

function unseenOf(observations: Observations, partition: PartitionName, view: PartitionView): Finding[] {
  const findings: Finding[] = [];
  for (const [value, writer] of view.writerOf) {
    if (view.readerOf.has(value) || !observations.isKnownCommitted(writer)) continue;
    const message = `${value} of ${partition} was not read: ${describeWork(writer)}`;
    findings.push({ anomaly: 'unseen', message, partition, values: [value], operations: [writer] });
  }
  return findings;
}

/** What one operation read and should not have. */
function badReadsOf(observations: Observations, reader: Work): Finding[] {
  const findings: Finding[] = [];
  const own = sendsOf(reader);
  for (const [partition, records] of readsOf(reader)) {
    const view = observations.partitions.get(partition);
    const sent = new Set((own.get(partition) ?? []).map(({ value }) => value));
    for (const { offset, value } of records) {
      const where = `${value} from ${partition}@${offset}`;
      const writer = view?.writerOf.get(value);
      if (reader.isTransaction && sent.has(value)) {
        const message = `a transaction read ${where}, which it wrote itself: ${describeWork(reader)}`;
        findings.push({ anomaly: 'precommitted-read', message, partition, values: [value], operations: [reader] });
      } else if (writer?.outcome === 'fail') {
        const message = `${reader.process} read ${where}, which was not committed: ${describeWork(writer)}`;
        findings.push({ anomaly: 'aborted-read', message, partition, values: [value], operations: [reader, writer] });
      }
    }
  }
  return findings;
}
