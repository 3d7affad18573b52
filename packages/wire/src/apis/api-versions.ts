/** ApiVersions: which APIs, versions and features a broker has. */
import { defineApi } from '../api.ts';
import { array, bool, int16, int32, int64, string, struct } from '../field.ts';

/** The response header is always of version 0; to an unknown version, version 0 is the answer. [KIP-511] */
export const apiVersions = defineApi({
  key: 18,
  name: 'ApiVersions',
  versions: [0, 4],
  flexibleFrom: 3,
  request: {
    clientSoftwareName: string({ versions: '3+', ignorable: true }),
    clientSoftwareVersion: string({ versions: '3+', ignorable: true }),
  },
  response: {
    errorCode: int16(),
    apiKeys: array(struct({
      apiKey: int16({ mapKey: true }),
      minVersion: int16(),
      maxVersion: int16(),
    })),
    throttleTimeMs: int32({ versions: '1+', ignorable: true }),
    supportedFeatures: array(struct({
      name: string({ mapKey: true }),
      minVersion: int16(),
      maxVersion: int16(),
    }), { versions: '3+', tag: 0, ignorable: true }),
    finalizedFeaturesEpoch: int64({ versions: '3+', tag: 1, default: -1, ignorable: true }),
    finalizedFeatures: array(struct({
      name: string({ mapKey: true }),
      maxVersionLevel: int16(),
      minVersionLevel: int16(),
    }), { versions: '3+', tag: 2, ignorable: true }),
    zkMigrationReady: bool({ versions: '3+', tag: 3, ignorable: true }),
  },
});
