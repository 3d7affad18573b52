/** UpdateFeatures: finalizes the levels of features for the whole cluster. */
import { defineApi } from '../api.ts';
import { array, bool, int16, int32, int8, string, struct } from '../field.ts';

/** Results for single features end with version 1. [KIP-584] */
export const updateFeatures = defineApi({
  key: 57,
  name: 'UpdateFeatures',
  versions: [0, 2],
  flexibleFrom: 0,
  request: {
    timeoutMs: int32({ default: 60000 }),
    featureUpdates: array(struct({
      feature: string({ mapKey: true }),
      maxVersionLevel: int16(),
      allowDowngrade: bool({ versions: '0' }),
      upgradeType: int8({ versions: '1+', default: 1 }),
    })),
    validateOnly: bool({ versions: '1+' }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
    results: array(struct({
      feature: string({ mapKey: true }),
      errorCode: int16(),
      errorMessage: string({ nullable: '0+' }),
    }), { versions: '0-1', ignorable: true }),
  },
});
