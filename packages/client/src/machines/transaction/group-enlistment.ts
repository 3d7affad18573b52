/** The groups whose offsets are part of a transaction. */
import type { OffsetToCommit } from '../group-offsets.ts';
import type { Done } from '../outcome.ts';
import type { ProducerIdentity } from '../producer/partition-queue.ts';
import { severityAtCoordinator, severityElsewhere } from './transaction-failure.ts';
import type { ConsumerGroupMetadata } from './transaction-options.ts';
import { addOffsets, commitOffsetsInTransaction, type Lossy, type RequestContext } from './transaction-requests.ts';
import type { TransactionVersion } from './transaction-version.ts';

/** Offsets on their way into a transaction. */
export interface OffsetsToSend {
  readonly identity: ProducerIdentity;
  readonly version: TransactionVersion;
  readonly group: ConsumerGroupMetadata;
  readonly offsets: readonly OffsetToCommit[];
}

/** What failures mean depends on who was asked. */
export type SeverityOf = typeof severityElsewhere;

/** The groups of one transaction. Under version 1 the coordinator must hear of each of them first. */
export class GroupEnlistment {
  readonly #added = new Set<string>();

  /** Writes offsets; `onLossy` hears of requests on the way to that. */
  send(
    context: RequestContext,
    { identity, version, group, offsets }: OffsetsToSend,
    onLossy: (lossy: Lossy) => void,
    done: (outcome: Parameters<Done<Lossy>>[0], severityOf: SeverityOf) => void,
  ): void {
    const write = (): void =>
      commitOffsetsInTransaction(context, identity, version, group, offsets, (outcome) =>
        done(outcome, severityElsewhere),
      );
    if (version === 2 || this.#added.has(group.groupId)) {
      write();
      return;
    }
    addOffsets(context, identity, group.groupId, (outcome) => {
      if (!outcome.ok) {
        done(outcome, severityAtCoordinator);
        return;
      }
      onLossy(outcome.value);
      this.#added.add(group.groupId);
      write();
    });
  }
}
