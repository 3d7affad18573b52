/** G0 and G1c: cycles among operations that wrote before one another, or read what the other wrote. [Adya 1999] */
import type { Finding } from './anomalies.ts';
import type { Observations } from './observations.ts';
import { describeWork, readsOf, type Work } from './operation.ts';

type Edges = Map<Work, Set<Work>>;

/** Every smallest strongly connected part of the graphs, as one finding. */
export function findCycles(observations: Observations): Finding[] {
  const writes = writeEdges(observations);
  const reads = readEdges(observations);
  const findings: Finding[] = [];
  const told = new Set<string>();
  const tell = (anomaly: 'G0' | 'G1c' | 'G1c-ww', edges: Edges): void => {
    for (const cycle of components(edges)) {
      const key = cycle.map(({ beganAt }) => beganAt).toSorted((one, other) => one - other).join();
      if (told.has(key)) continue;
      told.add(key);
      const message = `${cycle.length} operations form a cycle: ${cycle.slice(0, SHOWN).map(describeWork).join(' → ')}`;
      findings.push({ anomaly, message, partition: undefined, values: [], operations: cycle });
    }
  };
  tell('G0', writes);
  tell('G1c', reads);
  tell('G1c-ww', union(writes, reads));
  return findings;
}

/** ww: one wrote right before the other. */
function writeEdges({ partitions, isKnownCommitted }: Observations): Edges {
  const edges: Edges = new Map();
  for (const view of partitions.values()) {
    let before: Work | undefined;
    for (const value of view.order) {
      const writer = view.writerOf.get(value);
      if (writer === undefined || !isKnownCommitted(writer)) continue;
      if (before !== undefined && before !== writer) add(edges, before, writer);
      before = writer;
    }
  }
  return edges;
}

/** wr: one read what the other wrote. Every value counts, since no ww edge ties the last one to those before it. */
function readEdges({ works, partitions }: Observations): Edges {
  const edges: Edges = new Map();
  for (const reader of works) {
    if (reader.isolation !== 'read-committed' || reader.outcome === 'fail') continue;
    for (const [partition, records] of readsOf(reader)) {
      for (const { value } of records) {
        const writer = partitions.get(partition)?.writerOf.get(value);
        if (writer !== undefined && writer !== reader) add(edges, writer, reader);
      }
    }
  }
  return edges;
}

function union(one: Edges, other: Edges): Edges {
  const all: Edges = new Map();
  for (const edges of [one, other]) {
    for (const [from, targets] of edges) for (const to of targets) add(all, from, to);
  }
  return all;
}

function add(edges: Edges, from: Work, to: Work): void {
  const known = edges.get(from);
  if (known === undefined) edges.set(from, new Set([to]));
  else known.add(to);
}

interface Visit {
  readonly index: number;
  low: number;
  isOnStack: boolean;
}

/** The strongly connected components of more than one operation. [Tarjan 1972], without recursion. */
function components(edges: Edges): Work[][] {
  const visits = new Map<Work, Visit>();
  const stack: Work[] = [];
  const found: Work[][] = [];
  const enter = (work: Work): { readonly work: Work; readonly rest: Work[] } => {
    visits.set(work, { index: visits.size, low: visits.size, isOnStack: true });
    stack.push(work);
    return { work, rest: [...(edges.get(work) ?? [])] };
  };
  for (const root of edges.keys()) {
    if (visits.has(root)) continue;
    const path = [enter(root)];
    while (path.length > 0) {
      const frame = path.at(-1) as { readonly work: Work; readonly rest: Work[] };
      const visit = visits.get(frame.work) as Visit;
      const next = frame.rest.pop();
      if (next !== undefined) {
        const other = visits.get(next);
        if (other === undefined) path.push(enter(next));
        else if (other.isOnStack) visit.low = Math.min(visit.low, other.index);
        continue;
      }
      path.pop();
      const above = path.at(-1);
      if (above !== undefined) {
        const parent = visits.get(above.work) as Visit;
        parent.low = Math.min(parent.low, visit.low);
      }
      if (visit.low !== visit.index) continue;
      const component = stack.splice(stack.indexOf(frame.work));
      for (const work of component) (visits.get(work) as Visit).isOnStack = false;
      if (component.length > 1) found.push(component);
    }
  }
  return found;
}

const SHOWN = 4;
