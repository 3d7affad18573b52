/** Clients that make, delete, change and look at what only they touch, so that its history can be judged. */
import { changeConfigs, makeTopics, readConfigs, readTopics, removeTopics } from '@hapax/client/machines';
import type { AdminContext, Outcome } from '@hapax/client/machines';
import { checkLinearizable, type KeyedAction, type KeyedRecorder } from '@hapax/history';
import { demand } from '../invariants/violation.ts';
import { SimClient, type ClientWorld } from './sim-client.ts';

/** One process. It does one thing at a time, changes what has its name, and looks at what others change. */
export class MetadataProbing {
  readonly client: SimClient;
  private readonly name: string;
  private readonly others: readonly string[];
  private readonly recorder: KeyedRecorder;
  private readonly context: AdminContext;
  private nextValue = 1;
  private isStopped = false;

  constructor(name: string, others: readonly string[], world: ClientWorld, recorder: KeyedRecorder) {
    this.name = name;
    this.others = others;
    this.recorder = recorder;
    this.client = new SimClient(name, world);
    this.context = { cluster: this.client.cluster, lane: 'admin', timeoutMs: 3000 };
  }

  start(): void {
    this.client.host.after(this.client.drawMs(MEAN_INTERVAL_MS), () => {
      if (!this.isStopped) this.probe();
    });
  }

  stop(): void {
    this.isStopped = true;
  }

  private probe(): void {
    const { random } = this.client;
    const seen = this.others[random.nextInt(this.others.length)] ?? this.name;
    switch (random.nextInt(5)) {
      case 0:
        return this.make();
      case 1:
        return this.remove();
      case 2:
        return this.set();
      case 3:
        return this.lookForTopic(seen);
      default:
        return this.lookAtSetting(seen);
    }
  }

  private make(): void {
    const topic = { topic: this.name, partitions: 1 };
    const end = this.begin(this.name, { kind: 'create', value: THERE });
    makeTopics(this.context, [topic], { validateOnly: false }, (outcome) =>
      end(outcome, 'TOPIC_ALREADY_EXISTS', { kind: 'ensure', value: THERE }));
  }

  private remove(): void {
    const end = this.begin(this.name, { kind: 'delete' });
    removeTopics(this.context, [this.name], (outcome) =>
      end(outcome, 'UNKNOWN_TOPIC_OR_PARTITION', { kind: 'clear' }));
  }

  /** The default of all brokers for what has no effect on topics that are not compacted. */
  private set(): void {
    const value = String(DAY_MS + this.nextValue++);
    const change = { name: SETTINGS[this.name] ?? '', operation: 'set', value } as const;
    const end = this.begin(change.name, { kind: 'write', value });
    changeConfigs(this.context, ALL_BROKERS, [change], { validateOnly: false }, (outcome) => end(outcome));
  }

  private lookForTopic(topic: string): void {
    readTopics(this.context, null, (outcome) => {
      const isThere = outcome.ok && outcome.value.some((one) => one.topic === topic);
      if (outcome.ok) this.recorder.readOfPast(this.name, topic, isThere ? THERE : null);
      this.start();
    });
  }

  private lookAtSetting(of: string): void {
    const setting = SETTINGS[of] ?? '';
    readConfigs(this.context, ALL_BROKERS, [setting], (outcome) => {
      const found = outcome.ok ? outcome.value.configs.find(({ name }) => name === setting) : undefined;
      if (outcome.ok) this.recorder.readOfPast(this.name, setting, found?.value ?? null);
      this.start();
    });
  }

  /**
   * Begins a call. An answer that tells that there was nothing to do may be that of a retry: it ends as `instead`. What
   * has no answer may have been done by any of two attempts, the second one later than the first.
   */
  private begin(
    key: string, action: KeyedAction,
  ): (outcome: Outcome<unknown>, nothingToDo?: string, instead?: KeyedAction) => void {
    const call = this.recorder.begin(this.name, key, action);
    const retry = this.recorder.begin(this.name, key, action);
    return (outcome, nothingToDo, instead) => {
      const errorName = outcome.ok ? undefined : outcome.error.details['errorName'];
      const isDone = errorName !== undefined && errorName === nothingToDo;
      if (outcome.ok) call.end('ok');
      else if (isDone && instead !== undefined) call.end('ok', instead);
      else call.end(outcome.error.definite ? 'fail' : 'unknown');
      const isKnown = outcome.ok || isDone || outcome.error.definite;
      retry.end(isKnown ? 'fail' : 'unknown');
      this.start();
    };
  }
}

/** The processes of a run. */
export const PROBES: readonly string[] = ['probe-0', 'probe-1'];

/** Ends the run where no order explains what probing processes were told. */
export function judgeProbing(recorder: KeyedRecorder): void {
  const { faults } = checkLinearizable(recorder.calls());
  demand(faults.length === 0, 'history', () => `the metadata is not linearizable: ${faults[0]?.message}`);
}

const SETTINGS: Readonly<Record<string, string>> = {
  'probe-0': 'log.cleaner.delete.retention.ms', 'probe-1': 'log.cleaner.min.compaction.lag.ms',
};
const ALL_BROKERS = { type: 'broker', name: '' } as const;
const THERE = 'there';
const DAY_MS = 86_400_000;
const MEAN_INTERVAL_MS = 900;
