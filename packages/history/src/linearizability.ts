/**
 * Whether calls can be put into one order that respects real time and explains every answer: then each seems to have
 * happened at one moment between its beginning and its end. Each key is judged by itself, which is enough.
 * [Herlihy, Wing 1990; Wing, Gong 1993; Lowe 2017]
 */
import { valueAfter, type KeyedCall } from './keyed-calls.ts';

/** What keyed calls are worth. */
export interface LinearizabilityVerdict {
  readonly isLinearizable: boolean;
  /** Keys for which no order explains the answers, with the longest part that one does. */
  readonly faults: readonly LinearizabilityFault[];
  /** Keys that had too many calls at one time to be judged. */
  readonly undecided: readonly string[];
}

export interface LinearizabilityFault {
  readonly key: string;
  readonly message: string;
  /** As many calls as could be put in order, in that order. */
  readonly longest: readonly KeyedCall[];
}

/** Judges calls, key by key. Gives a key up after `stepsMax` steps: the search is exponential in what overlaps. */
export function checkLinearizable(calls: readonly KeyedCall[], stepsMax = 1_000_000): LinearizabilityVerdict {
  const byKey = new Map<string, KeyedCall[]>();
  for (const call of calls) {
    // What certainly did not happen explains nothing and needs no place; nor does a read without an answer.
    if (call.outcome === 'fail' || (call.outcome === 'unknown' && call.action.kind === 'read')) continue;
    const known = byKey.get(call.key);
    if (known === undefined) byKey.set(call.key, [call]);
    else known.push(call);
  }
  const faults: LinearizabilityFault[] = [];
  const undecided: string[] = [];
  for (const [key, ofKey] of byKey) {
    const result = new Search(ofKey, stepsMax).run();
    if (result === 'too-many-steps') undecided.push(key);
    else if (result !== 'found') faults.push(faultOf(key, ofKey, result));
  }
  return { isLinearizable: faults.length === 0, faults, undecided };
}

function faultOf(key: string, calls: readonly KeyedCall[], longest: readonly KeyedCall[]): LinearizabilityFault {
  const rest = calls.filter((call) => call.outcome === 'ok' && !longest.includes(call));
  const [next] = rest.toSorted((a, b) => a.endedAt - b.endedAt);
  const after = longest.length === 0 ? 'at the beginning' : `after ${longest.slice(-3).map(describeCall).join(', ')}`;
  const message = `${key}: ${next === undefined ? 'nothing' : describeCall(next)} cannot be ${after}`;
  return { key, message, longest };
}

/** Depth first over the orders that real time allows; no set of calls is tried twice with the same value. */
class Search {
  private readonly calls: readonly KeyedCall[];
  private readonly stepsMax: number;
  private readonly tried = new Set<string>();
  private readonly isPlaced: boolean[];
  private readonly order: number[] = [];
  private longest: readonly number[] = [];
  private steps = 0;

  constructor(calls: readonly KeyedCall[], stepsMax: number) {
    this.calls = calls.toSorted((a, b) => a.beganAt - b.beganAt);
    this.stepsMax = stepsMax;
    this.isPlaced = this.calls.map(() => false);
  }

  run(): 'found' | 'too-many-steps' | readonly KeyedCall[] {
    const isFound = this.place(null);
    if (isFound) return 'found';
    if (this.steps > this.stepsMax) return 'too-many-steps';
    return this.longest.map((at) => this.calls[at] as KeyedCall);
  }

  /** Whether the rest can be put in order after what was placed, which has left `value`. */
  private place(value: string | null): boolean {
    if (this.order.length > this.longest.length) this.longest = [...this.order];
    const isOver = this.calls.every(({ outcome }, at) => this.isPlaced[at] === true || outcome === 'unknown');
    if (isOver) return true;
    this.steps += 1;
    if (this.steps > this.stepsMax) return false;
    const key = `${this.order.toSorted((a, b) => a - b).join()}=${JSON.stringify(value)}`;
    if (this.tried.has(key)) return false;
    this.tried.add(key);
    const candidates = this.candidates();
    // A read changes nothing: where one fits now, it need not be tried at any later place.
    const read = candidates.find((at) => {
      const { action } = this.calls[at] as KeyedCall;
      return action.kind === 'read' && action.value === value;
    });
    for (const at of read === undefined ? candidates : [read]) {
      const next = valueAfter(value, (this.calls[at] as KeyedCall).action);
      if (next === undefined) continue;
      this.isPlaced[at] = true;
      this.order.push(at);
      if (this.place(next)) return true;
      this.order.pop();
      this.isPlaced[at] = false;
    }
    return false;
  }

  /** Calls that began before any other one that is not placed had ended. */
  private candidates(): number[] {
    let firstEnd = Infinity;
    this.calls.forEach(({ endedAt, outcome }, at) => {
      if (this.isPlaced[at] === false && outcome === 'ok') firstEnd = Math.min(firstEnd, endedAt);
    });
    const found: number[] = [];
    for (const [at, { beganAt }] of this.calls.entries()) {
      if (beganAt > firstEnd) break;
      if (this.isPlaced[at] === false) found.push(at);
    }
    return found;
  }
}

/** A call in words. */
function describeCall({ process: who, action, outcome, beganAt, endedAt }: KeyedCall): string {
  const value = 'value' in action ? ` ${action.value ?? 'nothing'}` : '';
  return `${who}: ${action.kind}${value} (${outcome}, ${beganAt} to ${endedAt})`;
}
