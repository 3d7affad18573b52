/** Counts the effects and messages of a run by name, and makes faults strike at those that they are meant for. */
import { ProcessEnded, type NodeTap, type SimNode } from '../sim-node.ts';
import type { EffectNames } from './effect-names.ts';
import type { CrashPoint, FaultPoint, Moment, RecordedPoint } from './fault-point.ts';
import type { MessageNames } from './message-names.ts';
import { tappedDisk, tappedStore, type EffectTap } from './tapped-disk.ts';
import type { MessageTap, TappedEnd } from './tapped-network.ts';

/** What a tap is made of. */
export interface FaultTapOptions {
  readonly effects: EffectNames;
  readonly messages: MessageNames;
  readonly faults: readonly FaultPoint[];
  isPart(kind: 'effect' | 'message', name: string): boolean;
  /** Takes a node down, as a fault wants it. */
  crash(node: SimNode, fault: CrashPoint): void;
  note(what: string, name: string): void;
  /** Makes an event of its own. */
  soon(callback: () => void): void;
}

/** One tap for the whole cluster. */
export class FaultTap implements MessageTap {
  /** Everything that was seen from the opening of the tap until the story had gone on, in order. */
  readonly points: RecordedPoint[] = [];
  /** The faults that have struck. */
  readonly struck = new Set<FaultPoint>();
  private isStarted = false;
  private readonly options: FaultTapOptions;
  private readonly counts = new Map<string, number>();
  private held: (() => void)[] = [];
  private hasGoneOn = false;

  constructor(options: FaultTapOptions) {
    this.options = options;
  }

  /** The story begins. */
  open(): void {
    this.isStarted = true;
  }

  /** Ports of a node with the tap between. */
  portsOf(node: SimNode): NodeTap {
    const { effects } = this.options;
    const tap: EffectTap = {
      namesOf: (path, position, chunks) =>
        (this.isOpen ? this.numbered('effect', effects.ofWrite(node.id, path, position, chunks)) : []),
      namesOfStored: (changes) =>
        (this.isOpen ? this.numbered('effect', effects.ofStored(node.id, changes)) : []),
      reach: (moment, names) => this.reach(node, moment, names),
    };
    return { disk: (disk) => tappedDisk(disk, tap), store: (store) => tappedStore(store, tap) };
  }

  onSent(end: TappedEnd, message: Uint8Array): void {
    if (end.hasDialled) this.options.messages.learn(end, message);
  }

  onArrived(end: TappedEnd, message: Uint8Array) {
    if (end.lane === 'replication' && !end.hasDialled) this.options.messages.learn(end, message);
    if (!this.isOpen) return 'deliver';
    const name = this.options.messages.nameOf(end, message);
    if (name === undefined) return 'deliver';
    const [numbered] = this.numbered('message', [name]);
    if (numbered === undefined) return 'deliver';
    const fault = this.options.faults.find((one) => one.kind === 'message' && one.name === numbered);
    if (fault?.kind !== 'message') return 'deliver';
    this.struck.add(fault);
    this.options.note(fault.how, numbered);
    return fault.how;
  }

  hold(deliver: () => void): void {
    this.held.push(deliver);
  }

  /** The story has gone on: what was held up arrives. */
  goOn(): void {
    this.hasGoneOn = true;
    for (const deliver of this.held.splice(0)) this.options.soon(deliver);
  }

  /** The story is over: no fault strikes any more. */
  close(): void {
    this.isStarted = false;
    this.goOn();
  }

  /** Names cost time: none are made when nothing can come of them any more. */
  private get isOpen(): boolean {
    return this.isStarted && (!this.hasGoneOn || this.struck.size < this.options.faults.length);
  }

  private reach(node: SimNode, moment: Moment, names: readonly string[]): void {
    if (!this.isOpen || names.length === 0) return;
    const isMeant = (one: FaultPoint): one is CrashPoint =>
      one.kind === 'crash' && one.moment === moment && names.includes(one.name);
    const fault = this.options.faults.find(isMeant);
    if (fault === undefined || this.struck.has(fault)) return;
    this.struck.add(fault);
    this.options.note(`crash ${moment}`, fault.name);
    this.options.crash(node, fault);
    throw new ProcessEnded(`the fault of a run: ${fault.name}`);
  }

  /** The names with a number where one comes again: `ack of A from follower 1 #2`. */
  private numbered(kind: 'effect' | 'message', names: readonly string[]): string[] {
    return names.filter((name) => this.options.isPart(kind, name)).map((name) => {
      const count = (this.counts.get(`${kind} ${name}`) ?? 0) + 1;
      this.counts.set(`${kind} ${name}`, count);
      const numbered = count === 1 ? name : `${name} #${count}`;
      if (!this.hasGoneOn) this.points.push({ kind, name: numbered });
      return numbered;
    });
  }
}
