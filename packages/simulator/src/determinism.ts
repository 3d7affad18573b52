/** The gate of determinism: a seed that is run twice does the same twice, or the first difference is shown. */
import { runSeed, type RunSeedOptions, type SeedReport } from './run-seed.ts';
import type { MixedKind } from './trace.ts';

/** Where two runs of a seed part. */
export interface Divergence {
  readonly seed: number;
  /** What told that there is a difference: both hashes, or a figure of the reports. */
  readonly reason: string;
  /** The number of the first event that differs, from 1; null where runs that were recorded for it are alike. */
  readonly event: number | null;
  /** What each run did last before it and then, newest last. */
  readonly first: readonly string[];
  readonly second: readonly string[];
}

/** A seed that was run twice. */
export interface RepeatedRun {
  readonly report: SeedReport;
  /** Null where both runs were the same. */
  readonly divergence: Divergence | null;
}

/** Runs a seed twice in this thread; what one run leaves behind in modules is found by the other. */
export function runTwice(seed: number, options: RunSeedOptions): RepeatedRun {
  const report = runSeed(seed, options);
  const reason = differenceOf(report, runSeed(seed, options));
  return { report, divergence: reason === undefined ? null : findDivergence(seed, options, reason) };
}

function differenceOf(one: SeedReport, other: SeedReport): string | undefined {
  if (one.traceHash !== other.traceHash) return `trace hashes ${one.traceHash} and ${other.traceHash}`;
  const names = Object.keys(one) as (keyof SeedReport)[];
  const differing = names.find((name) => JSON.stringify(one[name]) !== JSON.stringify(other[name]));
  if (differing === undefined) return undefined;
  return `${differing}: ${JSON.stringify(one[differing])} and ${JSON.stringify(other[differing])}`;
}

function findDivergence(seed: number, options: RunSeedOptions, reason: string): Divergence {
  const [one, other] = [new Recording(), new Recording()];
  for (const recording of [one, other]) {
    runSeed(seed, {
      ...options,
      onLine: (line) => recording.onLine(line),
      onMixed: (kind, value, hash) => recording.onMixed(kind, value, hash),
    });
  }
  const at = one.firstDifference(other);
  if (at === undefined) return { seed, reason, event: null, first: [], second: [] };
  return { seed, reason, event: one.eventAt(at), first: one.around(at), second: other.around(at) };
}

/** All that went into the hash of a run, with the lines between. */
class Recording {
  private readonly kinds: MixedKind[] = [];
  private readonly values: number[] = [];
  private readonly hashes: number[] = [];
  private readonly lines: { readonly at: number; readonly text: string }[] = [];

  onLine(text: string): void {
    this.lines.push({ at: this.hashes.length, text });
  }

  onMixed(kind: MixedKind, value: number, hash: number): void {
    this.kinds.push(kind);
    this.values.push(value);
    this.hashes.push(hash);
  }

  firstDifference(other: Recording): number | undefined {
    const length = Math.max(this.hashes.length, other.hashes.length);
    for (let at = 0; at < length; at++) if (this.hashes[at] !== other.hashes[at]) return at;
    return undefined;
  }

  /** How many events ended up to there, that one included. */
  eventAt(at: number): number {
    let events = this.kinds[at] === 'event' ? 0 : 1;
    for (let before = 0; before <= at; before++) if (this.kinds[before] === 'event') events += 1;
    return events;
  }

  /** What is around a place, in words. */
  around(at: number): string[] {
    const near = this.lines.filter((line) => line.at <= at + MIXED_AFTER).slice(-LINES_SHOWN);
    const words = near.map(({ at: place, text }) => ({ place, text }));
    for (let place = Math.max(0, at - MIXED_BEFORE); place <= at + MIXED_AFTER; place++) {
      const kind = this.kinds[place];
      if (kind === undefined) continue;
      words.push({ place, text: `${place === at ? '→' : ' '} ${describe(kind, this.values[place] ?? 0)}` });
    }
    return words.toSorted((a, b) => a.place - b.place).map(({ text }) => text);
  }
}

const MIXED_BEFORE = 6;
const MIXED_AFTER = 3;
const LINES_SHOWN = 12;

function describe(kind: MixedKind, value: number): string {
  switch (kind) {
    case 'event':
      return `the event at ${value} ms ends`;
    case 'number':
      return `number ${value}`;
    case 'text':
      return `a line of ${value} characters`;
    case 'bytes':
      return `a message of ${value} bytes`;
  }
}
