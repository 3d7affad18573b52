/** The kinds of faults that a run may inject. */

/** By name; a seed's plan says which of them it has. */
export const FAULT_KINDS = [
  'crash',
  'crash-all',
  'power-loss',
  'power-loss-all',
  'controlled-stop',
  'pause',
  'cut',
  'cut-one-way',
  'isolate',
  'reset',
  'client-cut',
  'slow-network',
  'slow-disk',
  'disk-full',
  'sync-error',
  'wall-jump',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];
