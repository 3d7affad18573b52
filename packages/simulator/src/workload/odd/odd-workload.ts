/** Clients that do what clients seldom do, one story a run: what they ask for comes too early, or too late. */
import type { History } from '@hapax/history';
import type { Host } from '@hapax/testkit';
import type { ClusterWatch } from '../../cluster-watch.ts';
import type { Plan } from '../../swarm.ts';
import { Operating } from '../operating.ts';
import type { FinalStep, RunWorkload } from '../run-workload.ts';
import type { ClientWorld } from '../sim-client.ts';
import { tellDivergence } from './divergence-story.ts';
import { tellEpochs } from './epochs-story.ts';
import { tellFormerCoordinator } from './former-coordinator-story.ts';
import { tellLateMessages } from './late-messages-story.ts';
import type { OddPlan, OddStory } from './odd-plan.ts';
import { tellOffsets } from './offsets-story.ts';
import { tellRequests } from './requests-story.ts';
import { runScript, type Script } from './script.ts';
import { tellTorn } from './torn-story.ts';

/** What a story has to do with. */
export interface OddWorld {
  readonly clients: ClientWorld;
  readonly watch: ClusterWatch;
  readonly operator: Operating;
}

const STORIES: Readonly<Record<OddStory, (world: OddWorld) => Script>> = {
  'requests': tellRequests,
  'epochs': tellEpochs,
  'offsets': tellOffsets,
  'late-messages': tellLateMessages,
  'former-coordinator': tellFormerCoordinator,
  'divergence': tellDivergence,
  'torn': tellTorn,
};

/** Tells the story of a plan. */
export class OddWorkload implements RunWorkload {
  readonly consumedCount = 0;
  private readonly odd: OddPlan;
  private readonly world: OddWorld;
  private isDone = false;

  constructor(clients: ClientWorld, plan: Plan, odd: OddPlan, watch: ClusterWatch) {
    this.odd = odd;
    this.world = { clients, watch, operator: new Operating(clients, plan) };
  }

  hosts(): readonly Host[] {
    return [];
  }

  prepare(done: () => void): void {
    this.world.operator.makeTopics(() => this.world.operator.setFeature('transaction.version', 2, done));
  }

  start(): void {
    runScript(STORIES[this.odd.story](this.world), () => (this.isDone = true));
  }

  onHealed(): void {}

  stop(): void {}

  unfinished(): string | undefined {
    return this.isDone ? undefined : `the story of ${this.odd.story} is not at its end`;
  }

  finalSteps(): readonly FinalStep[] {
    return [];
  }

  clientHistory(): History {
    return [];
  }

  transactionFigures(): null {
    return null;
  }
}
