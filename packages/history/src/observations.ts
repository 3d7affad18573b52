/** What a history tells about the partitions: who wrote each value, who read it, and in which order values lie. */
import type { Offset } from '@hapax/base';
import { readsOf, sendsOf, type History, type PartitionName, type Work } from './operation.ts';

/** One partition as the history shows it. */
export interface PartitionView {
  /** By offset, every value that was seen there, lowest offset first. */
  readonly valuesByOffset: ReadonlyMap<Offset, ReadonlySet<string>>;
  /** Values in the order of the log, without gaps: its first value where an offset has several. */
  readonly order: readonly string[];
  /** The place of a value in `order`. */
  readonly indexOf: ReadonlyMap<string, number>;
  readonly writerOf: ReadonlyMap<string, Work>;
  /** Values that committed reads gave, and one operation that read each. */
  readonly readerOf: ReadonlyMap<string, Work>;
}

/** A history, indexed. */
export interface Observations {
  readonly works: readonly Work[];
  readonly byProcess: ReadonlyMap<string, History>;
  readonly partitions: ReadonlyMap<PartitionName, PartitionView>;
  /** Whether an operation is known to have taken effect: it was told so, or somebody has seen a part of it. */
  isKnownCommitted(work: Work): boolean;
}

interface GrowingView {
  readonly seenAt: Map<Offset, Set<string>>;
  readonly writerOf: Map<string, Work>;
  readonly readerOf: Map<string, Work>;
}

/** Indexes a history. */
export function observe(history: History): Observations {
  const works = history.filter((operation) => operation.kind === 'work');
  const views = new Map<PartitionName, GrowingView>();
  for (const work of works) collectWriters(views, work);
  for (const work of works) collectReads(views, work);
  const seen = (work: Work): boolean =>
    [...sendsOf(work)].some(([name, sends]) => sends.some(({ value }) => views.get(name)?.readerOf.has(value)));
  const known = new Set(works.filter((work) => work.outcome === 'ok' || (work.outcome === 'unknown' && seen(work))));
  for (const work of known) collectOffsetsOfSends(views, work);
  return {
    works,
    byProcess: byProcess(history),
    partitions: new Map([...views].map(([name, view]) => [name, finish(view)])),
    isKnownCommitted: (work) => known.has(work),
  };
}

function collectWriters(views: Map<PartitionName, GrowingView>, work: Work): void {
  for (const [name, sends] of sendsOf(work)) {
    const { writerOf } = viewOf(views, name);
    for (const { value } of sends) writerOf.set(value, work);
  }
}

/** Whatever becomes of the transaction of a committed reader, what it was given is in the log. */
function collectReads(views: Map<PartitionName, GrowingView>, work: Work): void {
  if (work.isolation !== 'read-committed') return;
  for (const [name, records] of readsOf(work)) {
    const view = viewOf(views, name);
    for (const { offset, value } of records) {
      see(view, offset, value);
      if (!view.readerOf.has(value)) view.readerOf.set(value, work);
    }
  }
}

function collectOffsetsOfSends(views: Map<PartitionName, GrowingView>, work: Work): void {
  for (const [name, sends] of sendsOf(work)) {
    const view = viewOf(views, name);
    for (const { offset, value } of sends) if (offset !== null && offset >= 0) see(view, offset, value);
  }
}

function see({ seenAt }: GrowingView, offset: Offset, value: string): void {
  const values = seenAt.get(offset);
  if (values === undefined) seenAt.set(offset, new Set([value]));
  else values.add(value);
}

function finish({ seenAt, writerOf, readerOf }: GrowingView): PartitionView {
  const valuesByOffset = new Map([...seenAt].toSorted(([one], [other]) => one - other));
  const order: string[] = [];
  const indexOf = new Map<string, number>();
  for (const values of valuesByOffset.values()) {
    for (const value of values) if (!indexOf.has(value)) indexOf.set(value, order.length);
    order.push([...values][0] as string);
  }
  return { valuesByOffset, order, indexOf, writerOf, readerOf };
}

function byProcess(history: History): Map<string, History> {
  const processes = new Map<string, History[number][]>();
  for (const operation of history) {
    const known = processes.get(operation.process);
    if (known === undefined) processes.set(operation.process, [operation]);
    else known.push(operation);
  }
  return processes;
}

function viewOf(views: Map<PartitionName, GrowingView>, name: PartitionName): GrowingView {
  let view = views.get(name);
  if (view === undefined) views.set(name, (view = { seenAt: new Map(), writerOf: new Map(), readerOf: new Map() }));
  return view;
}
