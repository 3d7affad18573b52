/** DeleteGroups: removes groups without members. */
import { defineApi } from '../api.ts';
import { array, int16, int32, string, struct } from '../field.ts';

/** Each group has a result of its own. */
export const deleteGroups = defineApi({
  key: 42,
  name: 'DeleteGroups',
  versions: [0, 2],
  flexibleFrom: 2,
  request: {
    groupsNames: array(string()),
  },
  response: {
    throttleTimeMs: int32(),
    results: array(struct({ groupId: string({ mapKey: true }), errorCode: int16() })),
  },
});
