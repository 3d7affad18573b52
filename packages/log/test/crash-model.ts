/** Random work on a store, crashes at any point, and the model that says what must be there afterwards. */
import { assert, type Offset, type Random, SeededRandom, type Uuid, uuidFromBytes } from '@hapax/base';
import { drawPowerLoss, MemoryDisk } from '@hapax/testkit';
import type { BatchHeader } from '@hapax/wire/records';
import { EntryKind } from '../src/journal-entry.ts';
import { scanJournal } from '../src/journal-scan.ts';
import { LogStore, type LogStoreOptions, type PartitionLog } from '../src/index.ts';
import { headersOf, makeBatch, makeMarker, readAll, SMALL_CONFIG, StoreUnderTest } from './batches.ts';
import { committedBatches, openTransactions, readCommitted } from './committed-reader.ts';

/** What one log must be: the headers of all its batches (the checksum stands for the rest) and its start. */
interface LogState {
  readonly directory: string;
  readonly start: Offset;
  readonly end: Offset;
  /** Since the log was begun, those below the start included. */
  readonly batches: readonly BatchHeader[];
}
/** By topic id. A new map for every change, so that any point of the history can be looked at. */
type StoreState = ReadonlyMap<Uuid, LogState>;

const NAMES = ['a', 'b', 'c'];
/** Producers of each log, and from which on they make transactions. */
const PRODUCERS = 5;
const TRANSACTIONAL_FROM = 3;

export class CrashModel {
  readonly random: Random;
  readonly disk = new MemoryDisk();
  readonly under: StoreUnderTest;
  /** States after each change since the last start; the first is what the start found. */
  private history: StoreState[] = [new Map()];
  /** At least this much of the history was reported as durable. */
  private durableIndex = 0;
  private nextTopic = 1;
  private leaderEpoch = 0;
  private readonly sequences = new Map<string, number>();
  private faultsAsked = 0;
  private hasFailed = false;
  readonly counts = {
    references: 0, appends: 0, truncations: 0, crashes: 0, closes: 0, openingCrashes: 0, failures: 0, aborted: 0,
  };

  constructor(seed: number, options: Partial<LogStoreOptions> = {}) {
    this.random = new SeededRandom(seed);
    this.under = new StoreUnderTest(this.disk, {
      journalFileBytes: 4096 + 3_000 + this.random.nextInt(this.random.nextInt(2) === 0 ? 8_000 : 40_000),
      journalBypassRoundBytes: this.random.nextInt(2) * this.random.nextInt(1_500),
      journalBypassBytes: this.random.nextInt(4) === 0 ? Number.MAX_SAFE_INTEGER : 100 + this.random.nextInt(900),
      tailCacheBytes: this.random.nextInt(4_000),
      maxOpenFiles: 1 + this.random.nextInt(5),
      verify: this.random.nextInt(2) === 0 ? 'all' : 'recent',
      onDurable: (log, offset) => this.noteDurable(log, offset),
      onDiskFailed: (error) => {
        assert(this.faultsAsked > this.counts.failures, `the disk failed unasked: ${error.stack ?? error.message}`);
        this.counts.failures += 1;
        this.hasFailed = true;
      },
      ...options,
    }).open();
  }

  step(): void {
    // A node whose disk failed must stop; it is started again, here over a disk that works.
    if (this.hasFailed) return this.crashAndOpen();
    const draw = this.random.nextInt(101);
    if (draw === 100) this.askForFault();
    else if (draw < 4 || this.now.size === 0) this.create();
    else if (draw < 50) this.append();
    else if (draw < 58) this.truncate();
    else if (draw < 62) this.advanceStart();
    else if (draw < 63) this.startOver();
    else if (draw < 65) this.remove();
    else if (draw < 80) this.under.store.flush();
    else if (draw < 92) this.disk.completeSyncs(1 + this.random.nextInt(3));
    else if (draw < 95) this.readSomewhere();
    else if (draw < 97) this.under.settle();
    else if (draw < 98) this.closeAndOpen();
    else this.crashAndOpen();
  }

  /** Stops in the middle of everything, and comes back; perhaps it stops again while it does. */
  crashAndOpen(): void {
    this.counts.crashes += 1;
    this.counts.references += this.referencesInJournal();
    this.hasFailed = false;
    this.crashDisk();
    while (this.random.nextInt(3) === 0) this.crashWhileOpening();
    this.under.open();
    this.checkRecovered(this.durableIndex);
  }

  /** Every batch that the model has can be read, from the tail or from files. */
  checkReads(): void {
    if (this.hasFailed) this.crashAndOpen();
    for (const [topicId, state] of this.now) {
      assert(differs(state, this.under.log(topicId)) === undefined, `${state.directory} reads back differently`);
    }
  }

  private referencesInJournal(): number {
    return scanJournal(this.disk).entries.filter((entry) => entry.kind === EntryKind.reference).length;
  }

  private get now(): StoreState {
    return this.history.at(-1) as StoreState;
  }

  private changed(topicId: Uuid, state: LogState | undefined): void {
    const next = new Map(this.now);
    if (state === undefined) next.delete(topicId);
    else next.set(topicId, state);
    this.history.push(next);
  }

  private anyLog(): { topicId: Uuid; state: LogState; log: PartitionLog } {
    const entries = [...this.now];
    const [topicId, state] = entries[this.random.nextInt(entries.length)] as [Uuid, LogState];
    return { topicId, state, log: this.under.log(topicId) };
  }

  private create(): void {
    const taken = new Set([...this.now.values()].map((state) => state.directory));
    const free = NAMES.filter((name) => !taken.has(`${name}-0`));
    const name = free[this.random.nextInt(Math.max(1, free.length))];
    if (name === undefined) return;
    const bytes = new Uint8Array(16);
    new DataView(bytes.buffer).setUint32(12, this.nextTopic++);
    const topicId = uuidFromBytes(bytes);
    this.under.store.create(topicId, name, 0, { ...SMALL_CONFIG, segmentBytes: 300 + this.random.nextInt(6_000) });
    this.changed(topicId, { directory: `${name}-0`, start: 0, end: 0, batches: [] });
  }

  private append(): void {
    const { topicId, state, log } = this.anyLog();
    if (this.random.nextInt(10) === 0) this.leaderEpoch += 1;
    const parts: Uint8Array[] = [];
    let end = state.end;
    for (let count = 1 + this.random.nextInt(3); count > 0; count--) {
      const records = 1 + this.random.nextInt(4);
      const producerId = this.random.nextInt(PRODUCERS);
      const transactional = producerId >= TRANSACTIONAL_FROM;
      const key = `${topicId} ${producerId}`;
      const leaderEpoch = Math.max(this.leaderEpoch, state.batches.at(-1)?.partitionLeaderEpoch ?? 0);
      if (transactional && this.random.nextInt(3) === 0) {
        const outcome = this.random.nextInt(3) === 0 ? 'commit' : 'abort';
        parts.push(makeMarker({ baseOffset: end, leaderEpoch, producerId, outcome }));
        end += 1;
        continue;
      }
      const baseSequence = this.sequences.get(key) ?? 0;
      this.sequences.set(key, baseSequence + records);
      const valueBytes = this.random.nextInt(200);
      const timestampMs = this.random.nextInt(1_000_000);
      const producer = { producerId, baseSequence, transactional };
      parts.push(makeBatch({ baseOffset: end, records, leaderEpoch, valueBytes, timestampMs, ...producer }));
      end += records;
    }
    const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    parts.reduce((at, part) => (bytes.set(part, at), at + part.length), 0);
    const headers = headersOf(bytes);
    try {
      this.under.store.append(log, bytes, headers);
    } catch (error) {
      assert((error as { code?: string }).code === 'overloaded', `append failed: ${String(error)}`);
      return;
    }
    this.counts.appends += 1;
    this.changed(topicId, { ...state, end, batches: [...state.batches, ...headers] });
  }

  private truncate(): void {
    const { topicId, state, log } = this.anyLog();
    const offset = state.start + this.random.nextInt(state.end - state.start + 1);
    const end = this.under.store.truncate(log, offset);
    const batches = state.batches.filter((batch) => batch.lastOffset < end);
    assert(end <= offset && (batches.at(-1)?.lastOffset ?? end - 1) === end - 1, `truncated to ${end} for ${offset}`);
    this.counts.truncations += 1;
    this.changed(topicId, { ...state, end, batches, start: Math.min(state.start, end) });
  }

  private advanceStart(): void {
    const { topicId, state, log } = this.anyLog();
    const start = state.start + this.random.nextInt(state.end - state.start + 1);
    this.under.store.advanceStart(log, start);
    this.changed(topicId, { ...state, start });
  }

  private startOver(): void {
    const { topicId, state, log } = this.anyLog();
    const offset = this.random.nextInt(1_000);
    this.under.store.truncateFullyAndStartAt(log, offset);
    this.changed(topicId, { ...state, start: offset, end: offset, batches: [] });
  }

  private remove(): void {
    const { topicId, log } = this.anyLog();
    this.under.store.remove(log);
    this.changed(topicId, undefined);
  }

  private readSomewhere(): void {
    const { state, log } = this.anyLog();
    if (state.start === state.end) return;
    const from = state.start + this.random.nextInt(state.end - state.start);
    const read = log.read(from, { maxBytes: this.random.nextInt(2_000), endOffset: state.end, minOneBatch: true });
    assert(read !== undefined, `${state.directory} has nothing at ${from}`);
    const difference = transactionsDiffer(state, log);
    assert(difference === undefined, difference ?? '');
    this.counts.aborted += log.abortedTransactions(state.start, state.end).length;
    const found = read.chunks.flatMap((chunk) => headersOf(chunk));
    const first = state.batches.findIndex((batch) => batch.lastOffset >= from);
    const expected = state.batches.slice(first, first + found.length);
    assert(JSON.stringify(found) === JSON.stringify(expected), `${state.directory} reads other batches at ${from}`);
  }

  private askForFault(): void {
    this.faultsAsked += 1;
    this.disk.failOnce(this.random.nextInt(2) === 0 ? 'write' : 'sync', this.random.nextInt(6));
  }

  private closeAndOpen(): void {
    this.disk.clearFaults();
    this.under.settle();
    if (this.hasFailed) return this.crashAndOpen();
    this.counts.closes += 1;
    this.under.close();
    this.disk.crash(drawPowerLoss(this.random));
    this.under.open();
    assert(this.under.report?.isClean === true, 'a clean stop was not seen as one');
    this.checkRecovered(this.history.length - 1);
  }

  private crashWhileOpening(): void {
    this.counts.openingCrashes += 1;
    const store = new LogStore({ ...(this.under.store as unknown as { options: LogStoreOptions }).options });
    store.open(() => {});
    for (let count = this.random.nextInt(30); count > 0; count--) this.disk.completeSyncs(1);
    this.crashDisk();
  }

  private crashDisk(): void {
    const { random } = this;
    this.disk.crash(random.nextInt(3) > 0 ? drawPowerLoss(random) : { powerLoss: false, random });
  }

  /** What was found is one state of the history, not before what was reported. All logs are at the same point of it. */
  private checkRecovered(from: number): void {
    const { report, store } = this.under;
    assert(report?.corrupt.length === 0 && report.journalDamage === undefined, `damage: ${JSON.stringify(report)}`);
    let closest = 'no state';
    for (let at = this.history.length - 1; at >= from; at--) {
      const difference = this.stateDiffers(this.history[at] as StoreState, store);
      if (difference !== undefined) {
        closest = `${closest}\n  state ${at}: ${difference}`;
        continue;
      }
      this.history = [this.history[at] as StoreState];
      this.durableIndex = 0;
      this.resetSequences();
      return;
    }
    throw new Error(`found neither of the states ${from} to ${this.history.length - 1}: ${closest}`);
  }

  private stateDiffers(state: StoreState, store: LogStore): string | undefined {
    const found = store.logs().map((log) => log.topicId).sort().join();
    const expected = [...state.keys()].sort().join();
    if (found !== expected) return `logs ${found} for ${expected}`;
    for (const [topicId, expectedLog] of state) {
      const difference = differs(expectedLog, this.under.log(topicId));
      if (difference !== undefined) return difference;
    }
    return undefined;
  }

  private resetSequences(): void {
    this.sequences.clear();
    for (const [topicId, state] of this.now) {
      for (const { isControl, producerId, lastSequence } of state.batches) {
        if (!isControl) this.sequences.set(`${topicId} ${producerId}`, lastSequence + 1);
      }
    }
  }

  private noteDurable(log: PartitionLog, offset: Offset): void {
    assert(offset <= log.endOffset, `${offset} is reported as durable, and the log ends at ${log.endOffset}`);
    for (let at = this.history.length - 1; at > this.durableIndex; at--) {
      const own = this.history[at]?.get(log.topicId);
      const before = this.history[at - 1]?.get(log.topicId);
      if (own === undefined || before === undefined || own.end !== offset || before.end >= offset) continue;
      this.durableIndex = at;
      return;
    }
  }
}

function differs(state: LogState, log: PartitionLog): string | undefined {
  const { directory, start, end } = state;
  if (log.directory !== directory) return `${log.directory} for ${directory}`;
  if (log.startOffset !== start || log.endOffset !== end) {
    return `${directory} is [${log.startOffset}, ${log.endOffset}) for [${start}, ${end})`;
  }
  const expected = state.batches.filter((batch) => batch.lastOffset >= start);
  const found = readAll(log, end, 700);
  if (JSON.stringify(found) !== JSON.stringify(expected)) return `${directory} has other batches`;
  for (const batch of expected) {
    const epoch = log.leaderEpochs.epochAt(Math.max(batch.baseOffset, start));
    if (epoch !== batch.partitionLeaderEpoch) return `${directory}: epoch ${epoch} at ${batch.baseOffset}`;
  }
  return producersDiffer(state, log) ?? transactionsDiffer(state, log);
}

/** The newest five batches of a producer are known as duplicates, the next one is expected after them. [I1] */
function producersDiffer(state: LogState, log: PartitionLog): string | undefined {
  for (let producerId = 0; producerId < PRODUCERS; producerId++) {
    const own = state.batches.filter((batch) => batch.producerId === producerId && !batch.isControl);
    const last = own.at(-1);
    // Of producers whose batches are all below the log start, state may be there or not.
    if (last === undefined || last.lastOffset < state.start) continue;
    const entry = log.producers.find(producerId);
    if (entry?.lastSequence !== last.lastSequence) {
      return `${state.directory}: producer ${producerId} at ${entry?.lastSequence} for ${last.lastSequence}`;
    }
    for (const batch of own.slice(-5)) {
      if (batch.baseOffset < state.start) continue;
      const verdict = log.producers.check(batch, 'client');
      if (verdict.kind !== 'duplicate') return `${state.directory}: batch ${batch.baseOffset} is ${verdict.kind}`;
    }
  }
  return undefined;
}

/** A reader of committed data sees all of it, wherever it begins, up to the first open transaction. [L2, L6] */
function transactionsDiffer(state: LogState, log: PartitionLog): string | undefined {
  const { directory, start, end } = state;
  const stable = Math.max(start, Math.min(log.producers.firstUnstableOffset(end) ?? end, end));
  const kept = state.batches.filter((batch) => batch.lastOffset >= start);
  // Of a transaction whose beginning was deleted, the log may know where it began, or only what is left of it.
  const least = Math.max(start, Math.min(end, ...openTransactions(state.batches)));
  const most = Math.max(start, Math.min(end, ...openTransactions(kept)));
  if (stable < least || stable > most) return `${directory} is stable up to ${stable}, not in [${least}, ${most}]`;
  const committed = committedBatches(state.batches);
  for (let from = start; from < stable; from += 1 + ((stable - start) >> 3)) {
    const expected = committed.filter((batch) => batch.lastOffset >= from && batch.lastOffset < stable);
    const found = readCommitted(log, from, stable, 700);
    const offsets = (batches: readonly BatchHeader[]): string => batches.map((batch) => batch.baseOffset).join();
    if (offsets(found) !== offsets(expected)) {
      return `${directory}: committed from ${from} on is ${offsets(found)} for ${offsets(expected)}`;
    }
  }
  return undefined;
}
