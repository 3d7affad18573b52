/** ApiVersions: what is served here, and which features the cluster has finalized [KIP-35, KIP-511, KIP-584]. */
import { ErrorCode, type AppError } from '@hapax/base';
import { SUPPORTED_FEATURES } from '@hapax/metadata';
import { apiVersions, encodeResponseFrame, type ResponseInput } from '@hapax/wire';
import type { Handler, ServedApi } from '../kafka/served-api.ts';

const SOFTWARE_NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;

export const handleApiVersions: Handler<typeof apiVersions> = (services, request, context, answer) => {
  const isNamed = context.apiVersion >= 3;
  if (
    isNamed &&
    !(SOFTWARE_NAME.test(request.clientSoftwareName) && SOFTWARE_NAME.test(request.clientSoftwareVersion))
  ) {
    return answer({ errorCode: ErrorCode.INVALID_REQUEST, apiKeys: [] });
  }
  const { image } = services.metadata;
  answer({
    errorCode: ErrorCode.NONE,
    apiKeys: rangesOf(services.servedApis),
    // A minimum of 0 cannot be told to clients below version 4: they take it for an error [KAFKA-17011].
    supportedFeatures: Object.entries(SUPPORTED_FEATURES)
      .filter(([, range]) => context.apiVersion >= 4 || range.min > 0)
      .map(([name, { min, max }]) => ({ name, minVersion: min, maxVersion: max })),
    finalizedFeaturesEpoch: image.metadataOffset,
    finalizedFeatures: [...image.features]
      .filter(([, level]) => level > 0)
      .map(([name, level]) => ({ name, minVersionLevel: level, maxVersionLevel: level })),
  });
};

/**
 * The whole answer to an ApiVersions request of an unknown version, in version 0, with the range of this API in it;
 * undefined for a failure that is about something else.
 */
export function unsupportedApiVersions(
  error: AppError,
  served: readonly ServedApi[],
): readonly Uint8Array[] | undefined {
  const { apiKey, correlationId } = error.details;
  if (error.code !== 'unsupported-version' || apiKey !== apiVersions.key) return undefined;
  const own = rangesOf(served).filter((entry) => entry.apiKey === apiVersions.key);
  const response = { errorCode: ErrorCode.UNSUPPORTED_VERSION, apiKeys: own };
  return encodeResponseFrame(apiVersions, 0, correlationId as number, response);
}

function rangesOf(served: readonly ServedApi[]): NonNullable<ResponseInput<typeof apiVersions>['apiKeys']> {
  return served.map(({ api, advertised: [minVersion, maxVersion] }) => ({ apiKey: api.key, minVersion, maxVersion }));
}
