/** IncrementalAlterConfigs: changes single settings of topics and brokers. */
import { defineApi } from '../api.ts';
import { array, bool, int16, int32, int8, string, struct } from '../field.ts';

/** Operations: 0 set, 1 delete, 2 append, 3 subtract. [KIP-339] */
export const incrementalAlterConfigs = defineApi({
  key: 44,
  name: 'IncrementalAlterConfigs',
  versions: [0, 1],
  flexibleFrom: 1,
  request: {
    resources: array(struct({
      resourceType: int8({ mapKey: true }),
      resourceName: string({ mapKey: true }),
      configs: array(struct({
        name: string({ mapKey: true }),
        configOperation: int8({ mapKey: true }),
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
