/** What the demo computes of each flight: its delay class, which is also where it goes. */

export const DELAY_CLASSES = ['early', 'on-time', 'late'] as const;
export type DelayClass = (typeof DELAY_CLASSES)[number];

/** A flight as it comes out. */
export interface ClassifiedFlight {
  readonly delayClass: DelayClass;
  readonly value: string;
}

/** Later than this, a flight is late: the usual measure of airlines. */
const LATE_FROM_MINUTES = 15;

/** The output for one flight of the input, which is JSON. The same input always gives the same output. */
export function classify(flight: string): ClassifiedFlight {
  const { delay, distance } = JSON.parse(flight) as { readonly delay: number; readonly distance: number };
  const delayClass = delay < 0 ? 'early' : delay < LATE_FROM_MINUTES ? 'on-time' : 'late';
  return { delayClass, value: JSON.stringify({ delayClass, delay, distance }) };
}
