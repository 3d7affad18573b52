/** What stories about nodes have in common: one topic of one partition, a writer, an operator, and who leads. */
import { makeTopics } from '@hapax/client/machines';
import type { SimNode } from '../../sim-node.ts';
import { Operating } from '../../workload/operating.ts';
import type { FinalStep } from '../../workload/run-workload.ts';
import type { Reference, ReferenceWorld } from '../reference.ts';
import { calmPlan } from './calm-plan.ts';
import { SteppedScript, type StoryStep } from './stepped-script.ts';
import { STORY_TOPIC, StoryWriter } from './story-writer.ts';

/** Where a story plays. */
export class ClusterStory {
  readonly world: ReferenceWorld;
  readonly operator: Operating;
  readonly writer: StoryWriter;

  constructor(world: ReferenceWorld) {
    this.world = world;
    this.operator = new Operating(world.clients, world.plan);
    this.writer = new StoryWriter('writer', world);
  }

  /** The node that leads the partition, as the metadata says; undefined where none does. */
  leader(): SimNode | undefined {
    const state = this.partition();
    return this.world.watch.nodes.find(({ id }) => id === state?.leader);
  }

  /** A node that follows. */
  follower(): SimNode | undefined {
    const state = this.partition();
    return this.world.watch.nodes.find(({ id }) => state?.replicas.includes(id) === true && id !== state.leader);
  }

  partition() {
    return this.world.watch.inSync.partitions().find(({ topic }) => topic === STORY_TOPIC);
  }

  /** The node that leads the controllers. */
  controller(): SimNode | undefined {
    return this.world.watch.nodes[this.world.watch.raft.newestLeader ?? -1];
  }

  /** Waits until every replica of the partition is in sync. */
  allInSync(): string | undefined {
    const state = this.partition();
    if (state !== undefined && state.isr.length === state.replicas.length) return undefined;
    return `the ISR is [${state?.isr.join(', ')}]`;
  }

  /** A step in which a node is started, as often as that takes, and takes part again. */
  comesBack(node: () => SimNode | undefined): FinalStep {
    return {
      what: 'the node is back',
      begin: () => {},
      missing: () => {
        node()?.start();
        return node()?.broker?.isReady === true ? undefined : 'it is not ready';
      },
    };
  }

  /** A step in which a topic is made. */
  makes(topic: string): StoryStep {
    let isMade = false;
    return {
      what: `topic ${topic} is made`,
      begin: () => this.makeTopic(topic, () => (isMade = true)),
      missing: () => (isMade ? undefined : 'there is no answer'),
    };
  }

  /** The same as the story goes on. */
  goesOnWith(step: StoryStep): StoryStep {
    return { ...step, isGoingOn: true };
  }

  private makeTopic(topic: string, done: () => void): void {
    const { client } = this.operator;
    const context = { cluster: client.cluster, lane: 'admin', timeoutMs: 3000 };
    // Two are there even while one is away.
    const made = { topic, partitions: 1, replicationFactor: 2 };
    makeTopics(context, [made], { validateOnly: false }, (outcome) => {
      if (outcome.ok || outcome.error.details['errorName'] === 'TOPIC_ALREADY_EXISTS') return done();
      client.host.after(RETRY_MS, () => this.makeTopic(topic, done));
    });
  }
}

/** What differs between stories. */
export interface ClusterStoryParts extends Pick<Reference, 'name' | 'variants' | 'what' | 'isPart'> {
  /** Nodes that are made and not started: the story does. They are no voters. */
  readonly latecomers?: number;
  readonly shape?: Partial<Omit<Reference['plan']['shape'], 'raft'>>;
  readonly raft?: Partial<Reference['plan']['shape']['raft']>;
  tell(story: ClusterStory, variant: string): readonly StoryStep[];
}

/** A reference scenario of a story. */
export function clusterReference(parts: ClusterStoryParts): Reference {
  const { name, what, variants, latecomers = 0, shape, raft, isPart, tell } = parts;
  const topics = [{ name: STORY_TOPIC, partitions: 1, replicationFactor: 3, minInsyncReplicas: 2 }];
  const calm = calmPlan(topics, 2);
  return {
    name,
    what,
    variants,
    plan: { ...calm, shape: { ...calm.shape, ...shape, raft: { ...calm.shape.raft, ...raft } } },
    latecomers,
    initialConfigs: {},
    label: (topic, partition) => (topic === STORY_TOPIC ? 'A' : `${topic}-${partition}`),
    isPart,
    write: (world, variant) => {
      const story = new ClusterStory(world);
      return new SteppedScript(world, {
        prepare: (done) => story.operator.makeTopics(() => {
          story.writer.send();
          story.writer.client.host.after(PREPARE_MS, done);
        }),
        steps: tell(story, variant),
        finalSteps: story.writer.finalSteps(),
      });
    },
  };
}

const PREPARE_MS = 100;
const RETRY_MS = 100;
