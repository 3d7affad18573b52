/** DeleteTopics: removes topics. */
import { defineApi } from '../api.ts';
import { array, int16, int32, string, struct, uuid } from '../field.ts';

/** By name up to version 5, by name or id from version 6 on. */
export const deleteTopics = defineApi({
  key: 20,
  name: 'DeleteTopics',
  versions: [1, 6],
  flexibleFrom: 4,
  request: {
    topics: array(struct({
      name: string({ nullable: '6+', default: null }),
      topicId: uuid(),
    }), { versions: '6+' }),
    topicNames: array(string(), { versions: '1-5', ignorable: true }),
    timeoutMs: int32(),
  },
  response: {
    throttleTimeMs: int32({ ignorable: true }),
    responses: array(struct({
      name: string({ nullable: '6+', mapKey: true }),
      topicId: uuid({ versions: '6+', ignorable: true }),
      errorCode: int16(),
      errorMessage: string({ versions: '5+', nullable: '5+', default: null, ignorable: true }),
    })),
  },
});
