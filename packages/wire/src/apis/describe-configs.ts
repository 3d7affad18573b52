/** DescribeConfigs: the settings of topics and brokers. */
import { defineApi } from '../api.ts';
import { array, bool, int16, int32, int8, string, struct } from '../field.ts';

/** A null list of names asks for all of them. */
export const describeConfigs = defineApi({
  key: 32,
  name: 'DescribeConfigs',
  versions: [1, 4],
  flexibleFrom: 4,
  request: {
    resources: array(struct({
      resourceType: int8(),
      resourceName: string(),
      configurationKeys: array(string(), { nullable: '0+' }),
    })),
    includeSynonyms: bool(),
    includeDocumentation: bool({ versions: '3+' }),
  },
  response: {
    throttleTimeMs: int32(),
    results: array(struct({
      errorCode: int16(),
      errorMessage: string({ nullable: '0+' }),
      resourceType: int8(),
      resourceName: string(),
      configs: array(struct({
        name: string(),
        value: string({ nullable: '0+' }),
        readOnly: bool(),
        configSource: int8({ default: -1, ignorable: true }),
        isSensitive: bool(),
        synonyms: array(struct({
          name: string(),
          value: string({ nullable: '0+' }),
          source: int8(),
        }), { ignorable: true }),
        configType: int8({ versions: '3+', ignorable: true }),
        documentation: string({ versions: '3+', nullable: '0+', ignorable: true }),
      })),
    })),
  },
});
