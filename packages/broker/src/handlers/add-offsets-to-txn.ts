/** AddOffsetsToTxn: makes the offsets of a group part of a transaction, by the partition that keeps them [A6]. */
import { coordinatorPartition, ErrorCode } from '@hapax/base';
import { CONSUMER_OFFSETS_TOPIC } from '@hapax/metadata';
import type { AddOffsetsAnswer } from '@hapax/txn';
import type { addOffsetsToTxn } from '@hapax/wire';
import { autoCreateTopics } from '../kafka/auto-create.ts';
import type { Handler } from '../kafka/served-api.ts';
import { fencedCode, transactionContext } from '../kafka/transaction-context.ts';

const FENCED_FROM = 2;

export const handleAddOffsetsToTxn: Handler<typeof addOffsetsToTxn> = (services, request, context, answer) => {
  const { transactionalId, groupId } = request;
  if (transactionalId === '') return answer({ errorCode: ErrorCode.INVALID_REQUEST });
  const partitions = (): number => services.metadata.image.topicByName(CONSUMER_OFFSETS_TOPIC)?.partitions.length ?? 0;
  const add = (): void => {
    // Without its topic a group's partition is not known: the client looks for its coordinator again.
    if (partitions() === 0) return answer({ errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE });
    const partition = coordinatorPartition(groupId, partitions());
    const error = services.transactions.forId(transactionalId, (coordinator) => {
      const token = (given: object): void => {
        const { errorCode } = given as AddOffsetsAnswer;
        answer({ errorCode: fencedCode(errorCode, context.apiVersion, FENCED_FROM) });
      };
      const offsets = { topic: CONSUMER_OFFSETS_TOPIC, partition };
      coordinator.addOffsets(token, request, offsets, transactionContext(services, context));
      context.onGone(() => coordinator.cancel(token));
    });
    if (error !== ErrorCode.NONE) answer({ errorCode: error });
  };
  if (partitions() === 0) return autoCreateTopics(services, [CONSUMER_OFFSETS_TOPIC], add);
  add();
};
