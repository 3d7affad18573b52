/** Who coordinates which group or transactional id: asked when needed, and again while a coordinator is silent. */
import { findCoordinator } from '@hapax/wire';
import type { Cluster, Target } from './cluster.ts';
import { failure, success, type Done } from './outcome.ts';
import { patienceAfter } from './patience.ts';
import { protocolFailure } from './protocol-failure.ts';

/** What a coordinator is wanted for. */
export type CoordinatorTarget = Extract<Target, { readonly kind: 'coordinator' }>;

/** The coordinators that are known. */
export class Coordinators {
  readonly #cluster: Cluster;
  readonly #lane: string;
  readonly #onMoved: () => void;
  readonly #known = new Map<string, { readonly target: CoordinatorTarget; readonly nodeId: number }>();
  readonly #lookingAgain = new Set<string>();
  #timeouts = 0;

  /** `onMoved` hears that a coordinator that was silent is another broker now. */
  constructor(cluster: Cluster, lane: string, onMoved: () => void) {
    this.#cluster = cluster;
    this.#lane = lane;
    this.#onMoved = onMoved;
  }

  known(target: CoordinatorTarget): number | undefined {
    return this.#known.get(keyOf(target))?.nodeId;
  }

  forget(keyType: 0 | 1, key: string): void {
    this.#known.delete(keyOf({ keyType, key }));
  }

  /** Whether a broker is known not to be the coordinator any more. */
  isElsewhere(target: CoordinatorTarget, nodeId: number | undefined): boolean {
    const known = this.known(target);
    return known !== undefined && known !== nodeId;
  }

  /** Asks anew about every coordinator that is one of these brokers; what is known stays until another is named. */
  lookAgain(nodes: ReadonlySet<number>): void {
    for (const [key, { target, nodeId }] of this.#known) {
      if (!nodes.has(nodeId) || this.#lookingAgain.has(key)) continue;
      this.#lookingAgain.add(key);
      this.find(target, (outcome) => {
        this.#lookingAgain.delete(key);
        if (outcome.ok && outcome.value !== nodeId) this.#onMoved();
      });
    }
  }

  /** Asks any broker who coordinates. */
  find(target: CoordinatorTarget, done: Done<number>): void {
    const { keyType, key } = target;
    const plan = {
      api: findCoordinator,
      minVersion: keyType === 0 ? 0 : 1,
      patienceMs: patienceAfter(this.#timeouts),
      belongsElsewhere: () => true,
      build: (version: number) =>
        version >= 4 ? { keyType, coordinatorKeys: [key] } : version >= 1 ? { key, keyType } : { key },
    };
    this.#cluster.send({ kind: 'any' }, this.#lane, plan, (outcome) => {
      if (!outcome.ok) {
        if (outcome.error.code === 'timed-out') this.#timeouts += 1;
        done(outcome);
        return;
      }
      this.#timeouts = 0;
      const found = outcome.value.response.coordinators[0] ?? outcome.value.response;
      if (found.errorCode !== 0) {
        const what = `FindCoordinator for ${key}`;
        const details = { key, lane: this.#lane };
        done(failure(protocolFailure(found.errorCode, { what, message: found.errorMessage, definite: true, details })));
        return;
      }
      this.#cluster.cache.learnBroker(found.nodeId, { host: found.host, port: found.port });
      this.#known.set(keyOf(target), { target, nodeId: found.nodeId });
      done(success(found.nodeId));
    });
  }
}

function keyOf({ keyType, key }: Pick<CoordinatorTarget, 'keyType' | 'key'>): string {
  return `${keyType}/${key}`;
}
