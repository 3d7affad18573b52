/** What the brokers of a cluster can do, and which features the cluster has finalized, as far as brokers told. */
import type { BrokerFeatures } from './broker-connection.ts';

/** The newest of what brokers told when connections to them were opened. */
export class ClusterFeatures {
  readonly #byAddress = new Map<string, BrokerFeatures>();
  #finalized: BrokerFeatures | undefined;

  /** Takes in what a broker told. Finalized levels count if they are not older than those that are known. [KIP-584] */
  learn(address: string, features: BrokerFeatures): void {
    this.#byAddress.set(address, features);
    const knownEpoch = this.#finalized?.finalizedFeaturesEpoch ?? -1;
    if (features.finalizedFeaturesEpoch >= knownEpoch) this.#finalized = features;
  }

  /** Forgets brokers that are not in the cluster any more. */
  keepOnly(addresses: ReadonlySet<string>): void {
    for (const address of this.#byAddress.keys()) if (!addresses.has(address)) this.#byAddress.delete(address);
  }

  /** The finalized level of a feature; 0 where it is not finalized, or nobody told. */
  finalizedLevel(feature: string): number {
    return this.#finalized?.finalizedFeatures.get(feature) ?? 0;
  }

  /** Whether every broker that was met has a version of an API, and one was met at least. */
  allHave(apiKey: number, version: number): boolean {
    if (this.#byAddress.size === 0) return false;
    for (const { versions } of this.#byAddress.values()) {
      const range = versions.get(apiKey);
      if (range === undefined || version < range.min || version > range.max) return false;
    }
    return true;
  }
}
