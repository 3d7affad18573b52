/** UpdateFeatures: finalizes levels of features for the whole cluster, all of a request or none [KIP-584]. */
import { ErrorCode } from '@hapax/base';
import type { FeatureUpdate } from '@hapax/metadata';
import type { RequestOf, updateFeatures } from '@hapax/wire';
import { askController, awaitShown, changeDeadline } from '../kafka/ask-controller.ts';
import type { Handler, RequestContext } from '../kafka/served-api.ts';

type Asked = RequestOf<typeof updateFeatures>['featureUpdates'][number];

/** By Kafka's numbers. */
const UPGRADE_TYPES: readonly (FeatureUpdate['upgradeType'] | undefined)[] = [
  undefined,
  'upgrade',
  'safe-downgrade',
  'unsafe-downgrade',
];
const UPGRADE_TYPES_FROM = 1;

export const handleUpdateFeatures: Handler<typeof updateFeatures> = (services, request, context, answer) => {
  const { featureUpdates, validateOnly } = request;
  const refuse = (error: ErrorCode, message: string): void => {
    const results = featureUpdates.map(({ feature }) => ({ feature, errorCode: error, errorMessage: message }));
    answer({ errorCode: error, errorMessage: message, results });
  };
  const updates: FeatureUpdate[] = [];
  for (const { feature: name, maxVersionLevel: level, ...asked } of featureUpdates) {
    const upgradeType = upgradeTypeOf(asked, context);
    if (upgradeType === undefined) {
      return refuse(
        ErrorCode.INVALID_REQUEST,
        `upgrade type ${asked.upgradeType} of feature ${name} is none of 1, 2 and 3`,
      );
    }
    updates.push({ name, level, upgradeType });
  }
  const deadlineMs = changeDeadline(context, request.timeoutMs);
  const asked = { type: 'update-features', updates, validateOnly } as const;
  askController(services, { request: asked, count: updates.length, deadlineMs }, (outcome) => {
    if (!outcome.ok) return refuse(outcome.error, outcome.message);
    const { error: errorCode, message: errorMessage, features } = outcome.answer;
    const results = features.map(({ name, error, message }) => ({
      feature: name,
      errorCode: error,
      errorMessage: message,
    }));
    const { image } = services.metadata;
    const isMade = errorCode === ErrorCode.NONE && !validateOnly;
    const isShown = (): boolean =>
      !isMade || updates.every(({ name, level }) => (image.features.get(name) ?? 0) === level);
    awaitShown(services, isShown, () => answer({ errorCode, errorMessage, results }));
  });
};

/** Version 0 only said whether a downgrade is allowed, and meant one that loses nothing. */
function upgradeTypeOf(
  { allowDowngrade, upgradeType }: Pick<Asked, 'allowDowngrade' | 'upgradeType'>,
  { apiVersion }: RequestContext,
): FeatureUpdate['upgradeType'] | undefined {
  if (apiVersion >= UPGRADE_TYPES_FROM) return UPGRADE_TYPES[upgradeType];
  return allowDowngrade ? 'safe-downgrade' : 'upgrade';
}
