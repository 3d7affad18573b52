/** DescribeTopicPartitions: topics page by page. */
import { defineApi } from '../api.ts';
import { array, bool, int16, int32, string, struct, uuid } from '../field.ts';

/** A cursor in the answer says where the next page begins. [KIP-966] */
export const describeTopicPartitions = defineApi({
  key: 75,
  name: 'DescribeTopicPartitions',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    topics: array(struct({ name: string() })),
    responsePartitionLimit: int32({ default: 2000 }),
    cursor: struct({
      topicName: string(),
      partitionIndex: int32(),
    }, { nullable: '0+', default: null }),
  },
  response: {
    throttleTimeMs: int32({ ignorable: true }),
    topics: array(struct({
      errorCode: int16(),
      name: string({ nullable: '0+', mapKey: true }),
      topicId: uuid({ ignorable: true }),
      isInternal: bool({ ignorable: true }),
      partitions: array(struct({
        errorCode: int16(),
        partitionIndex: int32(),
        leaderId: int32(),
        leaderEpoch: int32({ default: -1, ignorable: true }),
        replicaNodes: array(int32()),
        isrNodes: array(int32()),
        eligibleLeaderReplicas: array(int32(), { nullable: '0+', default: null }),
        lastKnownElr: array(int32(), { nullable: '0+', default: null }),
        offlineReplicas: array(int32(), { ignorable: true }),
      })),
      topicAuthorizedOperations: int32({ default: -2147483648 }),
    })),
    nextCursor: struct({
      topicName: string(),
      partitionIndex: int32(),
    }, { nullable: '0+', default: null }),
  },
});
