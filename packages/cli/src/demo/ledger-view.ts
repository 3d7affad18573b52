/** The ledger as people and programs see it. */
import { formatDuration, groupDigits, type Cell, type Result } from '../output.ts';
import type { Colors } from '../terminal.ts';
import type { LedgerBalance } from './ledger.ts';
import type { ReadReport } from './read-flights.ts';
import type { SendReport } from './send-flights.ts';

/** The balance, and what clients noticed of the two kills. */
export function ledgerView(colors: Colors, balance: LedgerBalance, sending: SendReport, reading: ReadReport): Result {
  const good = colors.green('✓');
  const bad = colors.red('✗');
  const mark = (isGood: boolean): string => (isGood ? good : bad);
  const counted = (what: string, count: number, isGood: boolean, remark = ''): Cell[] => [
    mark(isGood),
    what,
    groupDigits(count).padStart(9),
    remark,
  ];
  const isSameSum = balance.inputChecksum === balance.outputChecksum;
  const rows: Cell[][] = [
    counted('sent', balance.sent, balance.sent === balance.rows, 'acknowledged to the idempotent producer'),
    counted('stored', balance.stored, balance.stored === balance.rows, 'records in the log, over all partitions'),
    counted('lost', balance.lost, balance.lost === 0, 'acknowledged, but not in the log'),
    counted('duplicated', balance.duplicated, balance.duplicated === 0, 'in the log more than once'),
    counted('out of order', balance.outOfOrder, balance.outOfOrder === 0, 'within their partition'),
    counted('read', balance.read, balance.neverRead === 0, 'by the group'),
    ['·', 'read again', groupDigits(balance.readAgain).padStart(9), 'after the rebalance: allowed'],
    [mark(isSameSum), 'checksum in', balance.inputChecksum.slice(0, 9), 'SHA-256 of the rows in their order, as sent'],
    [mark(isSameSum), 'checksum out', balance.outputChecksum.slice(0, 9), 'the same of what the group has read'],
    ['·', 'producer paused', formatDuration(sending.pauseMs).padStart(9), pauseOfProducer(sending)],
    [
      '·',
      'group paused',
      formatDuration(reading.pauseMs).padStart(9),
      'at most, on one partition: its session had to expire',
    ],
  ];
  const title = balance.isClean
    ? colors.green(colors.bold('The ledger is clean: nothing lost, nothing twice, nothing out of order.'))
    : colors.red(colors.bold('The ledger is not clean.'));
  const value = { ...balance, sending, reading };
  return { value, tables: [{ title: `${title}\n`, headings: ['', 'what', '    count', 'meaning'], rows }] };
}

function pauseOfProducer({ killed, successor, electionMs }: SendReport): string {
  return `at most, on one partition: node ${killed} died, node ${successor} led after ${formatDuration(electionMs)}`;
}
