/** Finalizes features at other levels, all of a request or none. */
import { ErrorCode } from '@hapax/base';
import type { ClusterImage } from '../cluster-image.ts';
import { SUPPORTED_FEATURES } from '../features.ts';
import { type Handler, refusal, SUCCESS } from '../handler-context.ts';
import type { MetadataRecord } from '../records.ts';
import type { FeatureUpdate, Result } from '../requests.ts';

export const updateFeatures: Handler<'update-features'> = ({ image }, { updates, validateOnly }) => {
  const seen = new Set<string>();
  const checked = updates.map((update) => {
    const twice = seen.has(update.name);
    seen.add(update.name);
    const repeated = refusal(ErrorCode.INVALID_REQUEST, `feature ${update.name} is named twice`);
    return { name: update.name, ...((twice ? repeated : checkUpdate(image, update)) ?? SUCCESS) };
  });
  const first = checked.find((result) => result.error !== ErrorCode.NONE);
  if (first !== undefined) {
    const other = refusal(ErrorCode.FEATURE_UPDATE_FAILED, `not made, because the update of ${first.name} was refused`);
    const features = checked.map((result) => (result.error === ErrorCode.NONE ? { ...result, ...other } : result));
    return { records: [], answer: { error: first.error, message: first.message, features } };
  }
  const records: MetadataRecord[] = updates
    .filter(({ name, level }) => (image.features.get(name) ?? 0) !== level)
    .map(({ name, level }) => ({ type: 'feature', name, level }));
  return { records: validateOnly ? [] : records, answer: { ...SUCCESS, features: checked } };
};

function checkUpdate(image: ClusterImage, { name, level, upgradeType }: FeatureUpdate): Result | undefined {
  const invalid = (message: string): Result => {
    return refusal(ErrorCode.INVALID_UPDATE_VERSION, `Invalid update version ${level} for feature ${name}. ${message}`);
  };
  const supported = SUPPORTED_FEATURES[name];
  if (supported === undefined) return invalid('The controller does not support this feature.');
  if (!Number.isInteger(level) || level < supported.min || level > supported.max) {
    return invalid(`The controller supports versions ${supported.min}-${supported.max}.`);
  }
  const present = image.features.get(name) ?? 0;
  if (level < present && upgradeType === 'upgrade') {
    return invalid(`Can't downgrade from ${present} without setting the upgrade type to a downgrade.`);
  }
  if (level > present && upgradeType !== 'upgrade') {
    return invalid(`Can't downgrade from ${present} to a newer version.`);
  }
  for (const broker of image.brokers) {
    const range = broker.features[name];
    if (level === 0 || (range !== undefined && level >= range.min && level <= range.max)) continue;
    const known = range === undefined ? 'does not know it' : `supports versions ${range.min}-${range.max}`;
    return invalid(`Broker ${broker.brokerId} ${known}.`);
  }
  return undefined;
}
