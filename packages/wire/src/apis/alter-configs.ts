/** AlterConfigs: replaces the settings of topics and brokers. */
import { defineApi } from '../api.ts';
import { array, bool, int16, int32, int8, string, struct } from '../field.ts';

/** What is not named goes back to its default; see IncrementalAlterConfigs. */
export const alterConfigs = defineApi({
  key: 33,
  name: 'AlterConfigs',
  versions: [0, 2],
  flexibleFrom: 2,
  request: {
    resources: array(struct({
      resourceType: int8({ mapKey: true }),
      resourceName: string({ mapKey: true }),
      configs: array(struct({
        name: string({ mapKey: true }),
        value: string({ nullable: '0+' }),
      })),
    })),
    validateOnly: bool(),
  },
  response: {
    throttleTimeMs: int32(),
    responses: array(struct({
      errorCode: int16(),
      errorMessage: string({ nullable: '0+' }),
      resourceType: int8(),
      resourceName: string(),
    })),
  },
});
