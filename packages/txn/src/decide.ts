/** The requests that decide something about one transactional id, in one form: so that they can wait and be retried. */
import { unreachable } from '@hapax/base';
import { onAddPartitions } from './handlers/add-partitions-to-txn.ts';
import { onEndTxn } from './handlers/end-txn.ts';
import { onInitProducerId } from './handlers/init-producer-id.ts';
import type { AddPartitionsRequest, EndTxnRequest, InitProducerIdRequest } from './requests.ts';
import type { HandlerView, Step } from './step.ts';
import type { Transaction } from './transaction.ts';

export type TransactionRequest =
  | { readonly kind: 'init-producer-id'; readonly transactionalId: string; readonly body: InitProducerIdRequest }
  | {
    readonly kind: 'add-partitions';
    readonly transactionalId: string;
    readonly body: AddPartitionsRequest;
    /** AddOffsetsToTxn has an answer of another form. */
    readonly answersAs: 'add-partitions' | 'add-offsets';
  }
  | {
    readonly kind: 'end-txn';
    readonly transactionalId: string;
    readonly body: EndTxnRequest;
    readonly apiVersion: number;
  };

/** What the request does to the id as it is now. */
export function decide(transaction: Transaction | undefined, request: TransactionRequest, view: HandlerView): Step {
  switch (request.kind) {
    case 'init-producer-id':
      return onInitProducerId(transaction, request.body, view);
    case 'add-partitions':
      return onAddPartitions(transaction, request.body, view);
    case 'end-txn':
      return onEndTxn(transaction, request.body, request.apiVersion, view);
    default:
      return unreachable(request);
  }
}
