/** Where and how one fault strikes in a run of a reference scenario, and its text at the command line. */

/** Around one durable effect: its bytes are not yet written; in the page cache; synced, and nobody told of it. */
const MOMENTS = ['before', 'written', 'synced'] as const;
export type Moment = (typeof MOMENTS)[number];

/** When a node that died comes back: at once, or when others have taken over all that it led. */
const COMEBACKS = ['restart', 'failover'] as const;
export type Comeback = (typeof COMEBACKS)[number];

/** What dies: the process, whose written bytes remain, or the machine. */
const DEATHS = ['process', 'power'] as const;
export type Death = (typeof DEATHS)[number];

/**
 * What becomes of a message. `drop`: its connection breaks instead. `repeat`: its connection breaks once it is
 * delivered, so that whoever sent it sends it again. `late`: its connection breaks for the sender, and the receiver
 * finds the message in it only when the scenario has gone on.
 */
const MISHAPS = ['drop', 'repeat', 'late'] as const;
export type Mishap = (typeof MISHAPS)[number];

/** A node dies around an effect. */
export interface CrashPoint {
  readonly kind: 'crash';
  /** As the recorder names it: `coordinator PrepareCommit on leader`. */
  readonly name: string;
  readonly moment: Moment;
  readonly comeback: Comeback;
  readonly death: Death;
}

/** Something happens to a message. */
export interface MessagePoint {
  readonly kind: 'message';
  /** As the recorder names it: `EndTxn request`. */
  readonly name: string;
  readonly how: Mishap;
}

export type FaultPoint = CrashPoint | MessagePoint;

/** Something that happens in the scenario when nothing goes wrong. */
export interface RecordedPoint {
  readonly kind: 'effect' | 'message';
  readonly name: string;
}

/** Its text: `coordinator PrepareCommit on leader / written / restart / power`, or `EndTxn request / drop`. */
export function faultText(fault: FaultPoint): string {
  if (fault.kind === 'message') return `${fault.name} / ${fault.how}`;
  return `${fault.name} / ${fault.moment} / ${fault.comeback} / ${fault.death}`;
}

/** The fault of a text; undefined where it is none. */
export function parseFault(text: string): FaultPoint | undefined {
  const [name = '', first, comeback, death, ...more] = text.split(' / ');
  if (name === '' || more.length > 0) return undefined;
  if (comeback === undefined) return isOneOf(MISHAPS, first) ? { kind: 'message', name, how: first } : undefined;
  if (!isOneOf(MOMENTS, first) || !isOneOf(COMEBACKS, comeback) || !isOneOf(DEATHS, death)) return undefined;
  return { kind: 'crash', name, moment: first, comeback, death };
}

/** Every fault that can be made of what was recorded, in its order. */
export function faultsAt(points: readonly RecordedPoint[]): FaultPoint[] {
  return points.flatMap(({ kind, name }): FaultPoint[] => {
    if (kind === 'message') return MISHAPS.map((how) => ({ kind: 'message', name, how }));
    return MOMENTS.flatMap((moment) => COMEBACKS.flatMap((comeback) =>
      DEATHS.map((death) => ({ kind: 'crash', name, moment, comeback, death }) as const)));
  });
}

function isOneOf<T extends string>(choices: readonly T[], text: string | undefined): text is T {
  return (choices as readonly (string | undefined)[]).includes(text);
}
