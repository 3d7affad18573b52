/** The last record of transactions whose markers are all written, together with what waited for it. [M6] */
import { ErrorCode, sometimes } from '@hapax/base';
import { decide } from './decide.ts';
import { recordsOf, verdictOf, type LiveTransactions } from './live-transactions.ts';
import { isPrepared } from './states.ts';
import type { FencedOwner, Step } from './step.ts';
import type { Transaction } from './transaction.ts';
import type { TransactionRecord } from './transaction-record.ts';
import { completed } from './transitions.ts';
import type { Waiting } from './waiting-room.ts';

/** How many transactions one append completes. */
const PER_APPEND_MAX = 64;

/** The end of one transaction, and what its id does next. */
interface Plan<T> {
  readonly transactionalId: string;
  readonly records: readonly TransactionRecord[];
  readonly decided: readonly { readonly waiting: Waiting<T>; readonly step: Step }[];
}

/**
 * Completes what is to be completed. Who waited is decided on the completed transaction, and what that appends goes
 * into the same append: the next transaction costs no round of its own. A refused append changes nothing and is tried
 * again at the next tick. Does nothing in the midst of an append.
 */
export function completeFinished<T>(live: LiveTransactions<T>): void {
  if (live.isAppending) return;
  const ids = live.work.finishedIds();
  for (let at = 0; at < ids.length; at += PER_APPEND_MAX) {
    const plans = ids.slice(at, at + PER_APPEND_MAX).map((id) => planOf(live, id, live.room.of(id)));
    if (!isTooLarge(appendPlans(live, plans))) continue;
    for (const { transactionalId } of plans) completeAlone(live, transactionalId);
  }
}

/** Where all together were too large: without those who wait, whose own records may be the large ones. */
function completeAlone<T>(live: LiveTransactions<T>, transactionalId: string): void {
  const waiting = live.room.of(transactionalId);
  const error = appendPlans(live, [planOf(live, transactionalId, [])]);
  if (error !== ErrorCode.NONE) return;
  for (const each of waiting) {
    live.room.leave(each.token);
    live.run(each);
  }
}

function planOf<T>(live: LiveTransactions<T>, transactionalId: string, waiting: readonly Waiting<T>[]): Plan<T> {
  const before = live.state.find(transactionalId);
  if (before === undefined || !isPrepared(before.state)) return { transactionalId, records: [], decided: [] };
  const { view } = live;
  let current: Transaction = completed(before, view.wallMs);
  const records = recordsOf([current], 'markers');
  sometimes(waiting.length > 0, 'txn: a parked request goes on in the append that completes');
  const decided = waiting.map((each) => {
    // Where one of them prepared the id again, the others go on waiting.
    const step = decide(current, each.request, view);
    records.push(...recordsOf(step.next, each.who));
    current = step.next.at(-1) ?? current;
    return { waiting: each, step };
  });
  return { transactionalId, records, decided };
}

/** The error of a refused append; NONE where it was accepted. */
function appendPlans<T>(live: LiveTransactions<T>, plans: readonly Plan<T>[]): ErrorCode {
  let refusedWith: ErrorCode = ErrorCode.NONE;
  const decided = plans.flatMap((plan) => plan.decided);
  live.append(plans.flatMap((plan) => plan.records), {
    refused: (error) => {
      refusedWith = error;
    },
    accepted: () => {
      for (const { transactionalId } of plans) live.work.onCompleted(transactionalId);
      for (const { waiting, step } of decided) settle(live, waiting, step);
    },
    done: (error) => {
      if (refusedWith !== ErrorCode.NONE) return;
      for (const { waiting, step } of decided) {
        if (step.waits) continue;
        live.answerWith(waiting, error === ErrorCode.NONE ? step.verdict : verdictOf(error));
      }
    },
  });
  return refusedWith;
}

function settle<T>(live: LiveTransactions<T>, waiting: Waiting<T>, step: Step): void {
  live.room.leave(waiting.token);
  live.noteRefused(waiting, step);
  const fenced: FencedOwner | undefined = step.fenced;
  if (fenced !== undefined) live.noteFenced(fenced, waiting.who);
  if (step.waits) live.wait({ ...waiting, verdict: step.verdict });
}

function isTooLarge(error: ErrorCode): boolean {
  return error === ErrorCode.MESSAGE_TOO_LARGE || error === ErrorCode.RECORD_LIST_TOO_LARGE;
}
