/** The features of the cluster: which levels this release understands, and which a fresh cluster finalizes. */
import type { VersionRange } from './records.ts';

/** A feature that this release knows. */
export interface FeatureDefinition extends VersionRange {
  /** The level that a fresh cluster finalizes; 0 is off. */
  readonly fresh: number;
}

/**
 * Eligible leader replicas have no level 0 here: without them the last replica standing may lose acknowledged records
 * [bug 85]. `transaction.version` 2 gives each transaction an epoch of its own [KIP-890]; clients that know only 0 and
 * 1 are served by their own rules all the same.
 */
export const SUPPORTED_FEATURES: Readonly<Record<string, FeatureDefinition>> = {
  'eligible.leader.replicas.version': { min: 1, max: 1, fresh: 1 },
  'group.version': { min: 0, max: 0, fresh: 0 },
  'hapax.metadata.version': { min: 1, max: 1, fresh: 1 },
  'transaction.version': { min: 0, max: 2, fresh: 2 },
};

/** The ranges alone, as a broker names them when it registers. */
export function supportedFeatureRanges(): Record<string, VersionRange> {
  const ranges: Record<string, VersionRange> = {};
  for (const [name, { min, max }] of Object.entries(SUPPORTED_FEATURES)) ranges[name] = { min, max };
  return ranges;
}
