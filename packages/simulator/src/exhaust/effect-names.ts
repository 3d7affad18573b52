/** What durable effects are called: by what is written and who writes it. */
import type { Compression, KeyValueChange, NodeId } from '@hapax/base';
import { decodeGroupRecord } from '@hapax/group';
import { decodeEntry, EntryKind, JOURNAL_ENTRIES_AT, JOURNAL_PATHS, type PlacedEntry } from '@hapax/log';
import { decodeTransactionRecord } from '@hapax/txn';
import { iterateBatches, readControlBatch, readRecords, type BatchView } from '@hapax/wire/records';
import type { ClusterRoles } from './cluster-roles.ts';

/** Names effects of all nodes. */
export class EffectNames {
  private readonly roles: ClusterRoles;
  private readonly compression: Compression;

  constructor(roles: ClusterRoles, compression: Compression) {
    this.roles = roles;
    this.compression = compression;
  }

  /** Of a write to a file: one for each entry of the journal. Other files only follow what is in the journal. */
  ofWrite(node: NodeId, path: string, position: number, chunks: readonly Uint8Array[]): string[] {
    if (!JOURNAL_PATHS.some((one) => one === path) || position < JOURNAL_ENTRIES_AT) return [];
    const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    let end = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, end);
      end += chunk.length;
    }
    const names: string[] = [];
    for (let at = 0; at < end; ) {
      const generation = new DataView(bytes.buffer, at).getUint32(GENERATION_AT);
      const entry = decodeEntry(bytes, at, generation);
      if (entry === undefined) break;
      names.push(this.ofEntry(node, entry));
      at += entry.sizeBytes;
    }
    return names;
  }

  /** Of a batch of the controllers' store. */
  ofStored(node: NodeId, changes: readonly KeyValueChange[]): string[] {
    const kinds = new Set(changes.map(({ type, key }) => (type === 'put' ? storedKind(key) : 'compaction')));
    if (kinds.size === 0) return [];
    return [`controllers ${[...kinds].sort().join(' + ')} on ${this.roles.controllerRole(node)}`];
  }

  /** What is in batches, whichever way they travel. */
  ofBatches(topic: string | undefined, payload: Uint8Array): string {
    return iterateBatches(payload).map((batch) => this.ofBatch(topic, batch)).join(' + ');
  }

  private ofEntry(node: NodeId, entry: PlacedEntry): string {
    const { topicId, partition, kind, payload } = entry;
    const label = this.roles.labelOf(topicId, partition);
    const role = this.roles.roleIn(topicId, partition, node);
    if (kind !== EntryKind.append) return `${label} ${kindName(kind)} on ${role}`;
    return `${label} ${this.ofBatches(this.roles.partition(topicId, partition)?.topic, payload)} on ${role}`;
  }

  private ofBatch(topic: string | undefined, { header, bytes }: BatchView): string {
    if (header.isControl) {
      const control = readControlBatch(header, bytes);
      return control.kind === 'end-txn' ? `${control.outcome} marker` : 'control batch';
    }
    if (topic === '__transaction_state') return this.inRecords(bytes, (key, value) => {
      const state = decodeTransactionRecord(key, value)?.value;
      const count = state?.topics.reduce((sum, { partitions }) => sum + partitions.length, 0) ?? 0;
      return state?.state === 'Ongoing' ? `Ongoing with ${count}` : state?.state ?? 'tombstone';
    });
    if (topic === '__consumer_offsets') return this.inRecords(bytes, (key, value) =>
      `${header.isTransactional ? 'pending ' : ''}${decodeGroupRecord(key, value)?.kind ?? 'record'}`);
    return header.isTransactional ? 'batch' : 'plain batch';
  }

  private inRecords(bytes: Uint8Array, nameOf: (key: Uint8Array, value: Uint8Array | null) => string): string {
    const names = readRecords(bytes, this.compression, BATCH_BYTES_MAX)
      .map(({ key, value }) => (key === null ? 'record' : nameOf(key, value)));
    return [...new Set(names)].join(' and ');
  }
}

function kindName(kind: EntryKind): string {
  return Object.entries(EntryKind).find(([, value]) => value === kind)?.[0] ?? 'entry';
}

/** `raft/entry/…`, `raft/hard-state`, `raft/snapshot-data`. */
function storedKind(key: string): string {
  const [, kind = key] = key.split('/');
  return kind.replace(/-(?:data|metadata)$/u, '');
}


/** Where an entry says in which lap of the journal it is. */
const GENERATION_AT = 8;
const BATCH_BYTES_MAX = 1 << 20;
