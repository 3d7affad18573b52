/** A story told in steps: each is begun when nothing is missing of the one before it. */
import type { FinalStep } from '../../workload/run-workload.ts';
import type { ReferenceScript, ReferenceWorld } from '../reference.ts';

/** One step; with it the story may go on: what was held up arrives, and nothing more is recorded. */
export interface StoryStep extends FinalStep {
  readonly isGoingOn?: boolean;
}

/** What a story is made of. */
export interface SteppedStory {
  prepare(done: () => void): void;
  readonly steps: readonly StoryStep[];
  readonly finalSteps: readonly FinalStep[];
}

/** The story as a script. */
export class SteppedScript implements ReferenceScript {
  private readonly world: ReferenceWorld;
  private readonly story: SteppedStory;
  private current: StoryStep | undefined;
  private isDone = false;

  constructor(world: ReferenceWorld, story: SteppedStory) {
    this.world = world;
    this.story = story;
  }

  prepare(done: () => void): void {
    this.story.prepare(done);
  }

  start(): void {
    this.run([...this.story.steps]);
  }

  unfinished(): string | undefined {
    if (this.isDone) return undefined;
    return `${this.current?.what}: ${this.current?.missing()}`;
  }

  finalSteps(): readonly FinalStep[] {
    return this.story.finalSteps;
  }

  private run([first, ...rest]: readonly StoryStep[]): void {
    this.current = first;
    if (first === undefined) {
      this.isDone = true;
      return;
    }
    if (first.isGoingOn === true) this.world.onGoneOn();
    first.begin();
    this.wait(first, rest);
  }

  private wait(step: StoryStep, rest: readonly StoryStep[]): void {
    this.world.clients.time.after(LOOK_EVERY_MS, () => {
      if (step.missing() === undefined) this.run(rest);
      else this.wait(step, rest);
    });
  }
}

const LOOK_EVERY_MS = 5;
