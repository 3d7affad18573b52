/** Topics that come into being because somebody asked for them: by name in Metadata, or as internal topics. */
import type { Services } from '../services.ts';

const TIMEOUT_MS = 5000;

/** Asks the controller for topics with the cluster's defaults; calls back when they are there, or will not be. */
export function autoCreateTopics(services: Services, names: readonly string[], done: () => void): void {
  const topics = names.map((name) => ({ name, partitions: -1, replicationFactor: -1, assignments: [], configs: {} }));
  const request = { type: 'create-topics', topics, validateOnly: false } as const;
  services.controller.call(request, TIMEOUT_MS, () => {
    // The answer comes from the controller; this node's image may be a moment behind it.
    const retry = (isLast: boolean): boolean => {
      const isThere = names.every((name) => services.metadata.image.topicByName(name) !== undefined);
      if (isThere || isLast) done();
      return isThere || isLast;
    };
    services.timers.wait({ retry }, services.ports.clock.nowMs() + SETTLE_MS);
  });
}

/** Long enough for the image to follow, short enough for a topic that was refused. */
const SETTLE_MS = 300;
