/** CreateTopics: makes topics. */
import { defineApi } from '../api.ts';
import { array, bool, int16, int32, int8, string, struct, uuid } from '../field.ts';

/** From version 5 on, the answer tells the topic as it was made. [KIP-525] */
export const createTopics = defineApi({
  key: 19,
  name: 'CreateTopics',
  versions: [2, 7],
  flexibleFrom: 5,
  request: {
    topics: array(struct({
      name: string({ mapKey: true }),
      numPartitions: int32(),
      replicationFactor: int16(),
      assignments: array(struct({
        partitionIndex: int32({ mapKey: true }),
        brokerIds: array(int32()),
      })),
      configs: array(struct({
        name: string({ mapKey: true }),
        value: string({ nullable: '0+' }),
      })),
    })),
    timeoutMs: int32({ default: 60000 }),
    validateOnly: bool(),
  },
  response: {
    throttleTimeMs: int32({ ignorable: true }),
    topics: array(struct({
      name: string({ mapKey: true }),
      topicId: uuid({ versions: '7+', ignorable: true }),
      errorCode: int16(),
      errorMessage: string({ nullable: '0+', ignorable: true }),
      topicConfigErrorCode: int16({ versions: '5+', tag: 0, ignorable: true }),
      numPartitions: int32({ versions: '5+', default: -1, ignorable: true }),
      replicationFactor: int16({ versions: '5+', default: -1, ignorable: true }),
      configs: array(struct({
        name: string(),
        value: string({ nullable: '5+' }),
        readOnly: bool(),
        configSource: int8({ default: -1, ignorable: true }),
        isSensitive: bool(),
      }), { versions: '5+', nullable: '5+', ignorable: true }),
    })),
  },
});
