/** Judges a history: every anomaly in it, and whether those that are no fault are the only ones. */
import { allowedAnomalies, type AnomalyName, type Circumstances, type Finding } from './anomalies.ts';
import { findCycles } from './dependency-cycles.ts';
import { observe } from './observations.ts';
import type { History } from './operation.ts';
import { findOrderAnomalies } from './order-anomalies.ts';
import { findValueAnomalies } from './value-anomalies.ts';

/** What a history is worth. */
export interface HistoryVerdict {
  /** Whether nothing but allowed anomalies was found. */
  readonly isValid: boolean;
  /** What must not be. */
  readonly faults: readonly Finding[];
  /** By name, how many cases of anything were found, allowed or not. */
  readonly counts: ReadonlyMap<AnomalyName, number>;
  readonly committed: number;
  readonly failed: number;
  readonly unknown: number;
}

/** Checks what clients saw against what a Kafka cluster promises them. Linear in the size of the history, nearly. */
export function checkHistory(history: History, circumstances: Circumstances): HistoryVerdict {
  const observations = observe(history);
  const findings = [
    ...findValueAnomalies(observations),
    ...findOrderAnomalies(observations),
    ...findCycles(observations),
  ];
  const allowed = allowedAnomalies(circumstances);
  const counts = new Map<AnomalyName, number>();
  for (const { anomaly } of findings) counts.set(anomaly, (counts.get(anomaly) ?? 0) + 1);
  const faults = findings.filter(({ anomaly }) => !allowed.has(anomaly));
  const ended = { ok: 0, fail: 0, unknown: 0 };
  for (const { outcome } of observations.works) ended[outcome] += 1;
  const { ok: committed, fail: failed, unknown } = ended;
  return { isValid: faults.length === 0, faults, counts, committed, failed, unknown };
}
