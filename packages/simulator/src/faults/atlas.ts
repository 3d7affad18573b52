/**
 * The fault atlas: what the design promises of every kind of fault, and under which conditions it may come. A kind that
 * may come is survived: no invariant breaks, and once it is over all is well again.
 */
import { FAULT_KINDS, type FaultKind } from '@hapax/faults';
import type { Plan } from '../swarm.ts';
import { FAULT_TABLE } from './fault-table.ts';

/** What is known of a kind. */
export interface AtlasEntry {
  /** What the design promises, and why; or why the kind is kept out. */
  readonly promise: string;
  /** Whether it may be drawn for a plan; kinds without it never are. */
  readonly mayCome?: (plan: Plan) => boolean;
}

const always = (): boolean => true;
const withPeers = ({ shape }: Plan): boolean => shape.nodes > 1;
const withSyncs = ({ shape }: Plan): boolean => shape.flush === 'fsync';

/** What is lost with one disk is on another one, and stays electable: the ISR alone would not say so. */
const withGoodCopies = (plan: Plan): boolean =>
  plan.shape.nodes >= 3 && withSyncs(plan) && plan.workload.topics.some((topic) => topic.replicationFactor > 1) &&
  plan.workload.topics.every((topic) => topic.replicationFactor === 1 || topic.minInsyncReplicas > 1);

/** By kind. */
export const FAULT_ATLAS: Readonly<Record<FaultKind, AtlasEntry>> = {
  'drop': { promise: 'a lost message is a lost connection: whoever sent it asks again', mayCome: withPeers },
  'duplicate': {
    promise: 'a request that was done and is sent again is done once: producers have sequences',
    mayCome: always,
  },
  'reorder': { promise: 'nothing relies on the order between two connections', mayCome: withPeers },
  'delay': { promise: 'no safety relies on time; leaders may change', mayCome: always },
  'delay-past-event': { promise: 'what comes late is known by its term, epoch or offset', mayCome: withPeers },
  'partition': { promise: 'a majority goes on; the others are fenced by terms and epochs', mayCome: withPeers },
  'one-way-partition': { promise: 'as of a partition; a leader that hears nobody steps down', mayCome: withPeers },
  'isolate': { promise: 'the node is fenced, its leaderships move', mayCome: withPeers },
  'bridge': {
    promise: 'terms and PreVote keep leaders few; two that see different majorities share a node',
    mayCome: withPeers,
  },
  'swizzle-clog': { promise: 'as of isolation, in any order', mayCome: withPeers },
  'slow-link': { promise: 'buffers are bounded; a follower that falls behind leaves the ISR', mayCome: withPeers },
  'reset': { promise: 'everybody connects again, and what was under way is asked again', mayCome: always },
  'reset-mid-request': { promise: 'half a request is none', mayCome: always },
  'half-open': { promise: 'who gets no answer in time gives up, and its lease of the session ends', mayCome: always },
  'lose-response': {
    promise: 'outcomes that are unknown are asked again, and producers have sequences',
    mayCome: always,
  },
  'late-delivery': {
    promise: 'what an old connection still brings is known by its sequence, epoch or term',
    mayCome: always,
  },
  'corrupt-batch': {
    promise: 'every batch has a CRC, which brokers and followers check; a consumer checks it too, and leaves it to ' +
      'its owner where to go on, so that batches on their way to one are kept out. Other bits are kept out: a frame ' +
      'has no checksum but that of TCP, so that a vote with another term would be believed',
    mayCome: always,
  },
  'crash': { promise: 'the page cache outlives the process: nothing is lost', mayCome: always },
  'crash-at-event': { promise: 'every order of effects leaves what recovery understands', mayCome: always },
  'power-loss': {
    promise: 'with flush=fsync what was acknowledged was synced; with flush=os nothing is promised of one ' +
      'machine',
    mayCome: withSyncs,
  },
  'power-loss-of-set': {
    promise: 'the same of any number of machines at once, with flush=fsync',
    mayCome: withSyncs,
  },
  'pause': { promise: 'who goes on after a while finds its epochs and terms outdated', mayCome: always },
  'stall': { promise: 'as of a pause', mayCome: always },
  'crash-loop': { promise: 'recovery may be interrupted at any point', mayCome: always },
  'old-disk-image': {
    promise: 'kept out: a vote and an acknowledgement that are forgotten break every majority protocol; nothing ' +
      'can know the age of a disk from the disk alone',
  },
  'empty-disk': {
    promise: 'kept out of this cluster, all of whose nodes vote: an empty voter forgets its votes. It must leave ' +
      'the quorum first and come back as somebody else.',
  },
  'swapped-disks': {
    promise: 'kept out: a node refuses a directory of another node before its broker starts (packages/node, ' +
      'meta.properties), which is below what is simulated',
  },
  'zombie': {
    promise: 'a leader that was replaced writes nothing that counts: epochs and terms fence it',
    mayCome: withPeers,
  },
  'out-of-memory': { promise: 'as of a crash, at the moment of the greatest load', mayCome: always },
  'slow-start': { promise: 'nobody waits for a node that is recovering', mayCome: always },
  'controlled-stop': { promise: 'leaderships are handed over, nothing is lost', mayCome: always },
  'write-error': {
    promise: 'the node stops itself: what is on its disk is known again after recovery', mayCome: always,
  },
  'read-error': { promise: 'the node stops itself, and reads again when it starts', mayCome: always },
  'sync-error': {
    promise: 'the node stops itself, and its machine is started anew: what was not written is gone',
    mayCome: always,
  },
  'disk-full': {
    promise: 'writes are refused while there is still a reserve for what must be written',
    mayCome: always,
  },
  'torn-write': { promise: 'recovery cuts what is not whole after the last sync', mayCome: withSyncs },
  'lost-write': {
    promise: 'of what was not synced any part may be missing; an acknowledged sync that lies is kept out',
    mayCome: withSyncs,
  },
  'misdirected-write': {
    promise: 'what stands in the place of something that was not synced does not pass its check; over something ' +
      'durable it is bit rot',
    mayCome: withSyncs,
  },
  'reordered-writes': {
    promise: 'recovery takes the longest prefix that is whole, whatever is behind it', mayCome: withSyncs,
  },
  'bit-rot': {
    promise: 'on closed segments and in the store of one node, of what another one has too: what does not pass its ' +
      'check is not served, and is fetched again',
    mayCome: withGoodCopies,
  },
  'truncated-file': { promise: 'as of bit rot; the next start finds it', mayCome: withGoodCopies },
  'deleted-file': { promise: 'as of bit rot; the next start finds it', mayCome: withGoodCopies },
  'slow-disk': { promise: 'answers wait for the disk; nothing else does', mayCome: always },
  'unsynced-rename': { promise: 'names are durable once their directory is synced', mayCome: withSyncs },
  'stale-read': {
    promise: 'of a segment: pages that were not written back yet read as zeros, which pass no check',
    mayCome: withGoodCopies,
  },
  'wall-jump': { promise: 'the wall clock is only for timestamps of records and for expiry', mayCome: always },
  'clock-drift': { promise: 'as of a jump', mayCome: always },
  'clock-strobe': { promise: 'as of a jump', mayCome: always },
  'timer-skew': { promise: 'no safety relies on how long something takes', mayCome: always },
  'membership-change': {
    promise: 'one voter at a time, or by a joint configuration: majorities always share a node',
    mayCome: withPeers,
  },
  'leadership-transfer': { promise: 'a transfer is an election without the wait', mayCome: withPeers },
  'reassignment': { promise: 'replicas are added before others are removed', mayCome: withPeers },
};

/** What may come to a plan, by the atlas. */
export function faultKindsFor(plan: Plan): readonly FaultKind[] {
  return FAULT_KINDS.filter((kind) => FAULT_TABLE[kind] !== undefined && FAULT_ATLAS[kind].mayCome?.(plan) === true);
}
