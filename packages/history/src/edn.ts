/** A history as Jepsen's workload for Kafka writes it, so that its own checker and Elle can judge it. */
import type { Action, Assignment, History, Operation, Work } from './operation.ts';

type Event =
  | { readonly at: number; readonly kind: 'invoke' | 'complete'; readonly work: Work }
  | { readonly at: number; readonly kind: 'assign'; readonly assignment: Assignment };

/**
 * One map a line, in the order of what happened:
 * `{:index 0, :time 0, :type :invoke, :process 0, :f :txn, :value [[:send 1 "a"] [:poll]]}`.
 *
 * Partitions become integers in the order of their names; time is the place in the order, one microsecond each. What
 * readers at read-uncommitted saw is left out, since Jepsen's checker knows one isolation level for a history.
 * [Jepsen, tests/kafka.clj]
 */
export function toJepsenEdn(history: History): string {
  const committed = history.filter((one) =>
    one.kind === 'assignment' || (one.isolation === 'read-committed' && one.actions.length > 0));
  const partitions = keysOf(committed);
  const processes = new Processes();
  const lines: string[] = [];
  const tell = (type: string, process: number, f: string, value: string): void => {
    const index = lines.length;
    const who = `:process ${process}, :f :${f}`;
    lines.push(`{:index ${index}, :time ${index * 1000}, :type :${type}, ${who}, :value ${value}}`);
  };
  for (const event of eventsOf(committed)) {
    if (event.kind === 'assign') {
      const value = `[${event.assignment.kept.map((name) => partitions.get(name)).join(' ')}]`;
      const process = processes.begin(event.assignment);
      tell('invoke', process, 'assign', value);
      tell('ok', process, 'assign', value);
      processes.end(event.assignment);
      continue;
    }
    const { work, kind } = event;
    const isInvocation = kind === 'invoke';
    const actions = work.actions.map((action) => actionText(action, partitions, isInvocation));
    const process = isInvocation ? processes.begin(work) : processes.end(work);
    const moved = work.rebalanced.map((name) => partitions.get(name)).join(' ');
    const log = isInvocation || moved === '' ? '' : `, :rebalance-log [{:keys [${moved}]}]`;
    tell(isInvocation ? 'invoke' : TYPES[work.outcome], process, functionOf(work), `[${actions.join(' ')}]${log}`);
  }
  return lines.map((line) => `${line}\n`).join('');
}

/**
 * The integers that stand for processes. One does a single thing at a time, and none after something of which it does
 * not know the outcome; a client of ours that does gets another one.
 */
class Processes {
  private readonly free = new Map<string, number[]>();
  private readonly taken = new Map<Operation, number>();
  private count = 0;

  begin(operation: Operation): number {
    const number = this.free.get(operation.process)?.pop() ?? this.count++;
    this.taken.set(operation, number);
    return number;
  }

  end(operation: Operation): number {
    const number = this.taken.get(operation) ?? -1;
    const { process } = operation;
    const isCrashed = operation.kind === 'work' && operation.outcome === 'unknown';
    if (!isCrashed) this.free.set(process, [...(this.free.get(process) ?? []), number]);
    return number;
  }
}

const TYPES = { ok: 'ok', fail: 'fail', unknown: 'info' } as const;

function functionOf({ actions }: Work): 'poll' | 'send' | 'txn' {
  const hasSends = actions.some(({ kind }) => kind === 'send');
  const hasPolls = actions.some(({ kind }) => kind === 'poll');
  if (hasSends && hasPolls) return 'txn';
  return hasPolls ? 'poll' : 'send';
}

/** Beginnings and ends in their order; assignments lie before what follows them in the history. */
function eventsOf(history: History): Event[] {
  const events: Event[] = [];
  let latest = -1;
  for (const operation of history) {
    if (operation.kind === 'assignment') {
      events.push({ at: latest + 0.5, kind: 'assign', assignment: operation });
      continue;
    }
    const { beganAt, endedAt } = operation;
    events.push({ at: beganAt, kind: 'invoke', work: operation }, { at: endedAt, kind: 'complete', work: operation });
    if (Number.isFinite(endedAt)) latest = endedAt;
  }
  return events.toSorted((one, other) => (one.at === other.at ? 0 : one.at - other.at));
}

function actionText(action: Action, partitions: ReadonlyMap<string, number>, isInvocation: boolean): string {
  const key = partitions.get(action.partition);
  if (action.kind === 'send') {
    const value = JSON.stringify(action.value);
    return isInvocation ? `[:send ${key} ${value}]` : `[:send ${key} [${action.offset ?? 'nil'} ${value}]]`;
  }
  if (isInvocation) return '[:poll]';
  const records = action.records.map(({ offset, value }) => `[${offset} ${JSON.stringify(value)}]`);
  return `[:poll {${key} [${records.join(' ')}]}]`;
}

function keysOf(history: History): Map<string, number> {
  const names = new Set<string>();
  for (const operation of history) {
    const isWork = operation.kind === 'work';
    const sent = isWork ? operation.actions.map(({ partition }) => partition) : [];
    const used = isWork ? [...sent, ...operation.rebalanced] : operation.kept;
    for (const name of used) names.add(name);
  }
  return new Map([...names].toSorted().map((name, number) => [name, number]));
}
