/** Both ways to transfer, side by side, as people and programs see them. */
import { formatDuration, groupDigits, type Cell, type Result } from '../../output.ts';
import type { Colors } from '../../terminal.ts';
import type { BankReport } from './run-bank.ts';

/** Good when the transactional row is all zeros. */
export function bankView(colors: Colors, reports: readonly BankReport[]): Result & { readonly isGood: boolean } {
  const transactional = reports.find(({ way }) => way === 'transactional');
  const isGood = transactional?.isClean === true;
  const { opening = 0, reads = 0 } = transactional ?? {};
  const title = isGood
    ? colors.green(colors.bold(`The sum held: ${groupDigits(opening)} at each of ${groupDigits(reads)} audits.`))
    : colors.red(colors.bold('The sum did not hold, although there were transactions.'));
  const rows = reports.map((report): Cell[] => [
    report.way,
    report.transfers,
    report.kills,
    report.reads,
    report.readsOff,
    report.driftMax,
    report.halfAtEnd,
    report.missing,
    groupDigits(report.opening + report.driftAtEnd),
    formatDuration(report.durationMs),
  ]);
  const headings = [
    '', 'transfers', 'kills', 'audits', 'audits off', 'off by at most', 'half at the end', 'missing',
    'sum at the end', 'took',
  ];
  const legend: Cell[][] = [
    ['audits', 'the sum over all accounts, of all transfers of which anything was visible when the audit began'],
    ['off', `audits at which that sum was not ${groupDigits(opening)}`],
    ['half at the end', 'transfers of which one half is visible when nothing is on its way any more'],
    ['missing', 'transfers that were acknowledged, and are not there in whole'],
  ];
  return {
    isGood,
    value: { isGood, reports },
    tables: [{ title: `${title}\n`, headings, rows }, { headings: ['', 'meaning'], rows: legend }],
  };
}
