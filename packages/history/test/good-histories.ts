/** Histories of a small, correct cluster: logs, transactions that interleave in them, and readers of what is stable. */
import { SeededRandom } from '@hapax/base';
import { HistoryRecorder, type History, type OpenWork } from '@hapax/history';

interface Slot {
  readonly value: string;
  readonly owner: OpenTransaction | undefined;
}

interface OpenTransaction {
  readonly work: OpenWork;
  readonly partitions: Set<number>;
  state: 'open' | 'committed' | 'aborted';
}

const PARTITIONS = 3;
const STEPS = 120;

/** The history of one seed. With groups, readers lose and get partitions. */
export function writeGoodHistory(seed: number, hasGroups: boolean): History {
  const random = new SeededRandom(seed);
  const recorder = new HistoryRecorder();
  const logs: Slot[][] = Array.from({ length: PARTITIONS }, () => []);
  const open = new Map<number, OpenTransaction>();
  const positions = new Map<string, number>();
  let values = 0;

  const stableEnd = (log: readonly Slot[]): number => {
    const first = log.findIndex(({ owner }) => owner?.state === 'open');
    return first === -1 ? log.length : first;
  };
  const readOn = (process: string, partition: number, limit: number): void => {
    const log = logs[partition] as Slot[];
    const key = `${process}/${partition}`;
    const from = positions.get(key) ?? 0;
    const to = Math.min(stableEnd(log), from + limit);
    const records = log.slice(from, to).flatMap(({ value, owner }, at) =>
      value !== '' && owner?.state !== 'aborted' ? [{ offset: from + at, value }] : []);
    if (to > from) positions.set(key, to);
    if (records.length > 0) recorder.poll(process, 'read-committed', `t-${partition}`, records);
  };
  const write = (writer: number): void => {
    let transaction = open.get(writer);
    if (transaction === undefined) {
      const options = { process: `writer${writer}`, isTransaction: true, isolation: 'read-committed' } as const;
      transaction = { work: recorder.begin(options), partitions: new Set(), state: 'open' };
      open.set(writer, transaction);
    }
    const partition = random.nextInt(PARTITIONS);
    const value = `v${values++}`;
    const sent = transaction.work.send(`t-${partition}`, value);
    const log = logs[partition] as Slot[];
    if (random.nextInt(4) > 0) sent.offset = log.length;
    log.push({ value, owner: transaction });
    transaction.partitions.add(partition);
  };
  const end = (writer: number): void => {
    const transaction = open.get(writer);
    if (transaction === undefined) return;
    open.delete(writer);
    const isCommit = random.nextInt(3) > 0;
    transaction.state = isCommit ? 'committed' : 'aborted';
    for (const partition of transaction.partitions) (logs[partition] as Slot[]).push({ value: '', owner: undefined });
    if (random.nextInt(6) === 0) transaction.work.end('unknown');
    else transaction.work.end(isCommit ? 'ok' : 'fail');
  };

  for (let step = 0; step < STEPS; step++) {
    const writer = random.nextInt(3);
    const choice = random.nextInt(10);
    if (choice < 5) write(writer);
    else if (choice < 7) end(writer);
    else if (choice < 9 || !hasGroups) readOn(`reader${writer}`, random.nextInt(PARTITIONS), 1 + random.nextInt(10));
    else {
      const gone = random.nextInt(PARTITIONS);
      positions.set(`reader${writer}/${gone}`, 0);
      recorder.assign(`reader${writer}`, [0, 1, 2].filter((one) => one !== gone).map((one) => `t-${one}`));
    }
  }
  for (let writer = 0; writer < 3; writer++) end(writer);
  for (let partition = 0; partition < PARTITIONS; partition++) readOn('final', partition, Infinity);
  return recorder.history();
}
