/** The vocabulary of faults: every kind by name, with what it does. Where one may come is for who injects it to say. */

/** What a family of faults is done to. */
export type FaultFamily = 'network' | 'process' | 'disk' | 'clock' | 'cluster';

/** A kind of fault. */
export interface FaultDescription {
  readonly family: FaultFamily;
  /** What happens, in one sentence without a full stop. */
  readonly what: string;
  /** Whether it can be done to real processes too. */
  readonly isLive: boolean;
}

/** Every kind, by the name that schedules and scenario files use. */
export const FAULTS = {
  'drop': network('a message is lost, and what follows it on its connection, which then breaks', true),
  'duplicate': network(
    'a request is answered in vain: its connection breaks first, so that it is sent once more', false,
  ),
  'reorder': network(
    'connections between two nodes have different delays: what is sent later on one arrives first', false,
  ),
  'delay': network('all messages take longer, some of them very long', true),
  'delay-past-event': network(
    'messages from one node to another wait until a named event of the protocol has come', false,
  ),
  'partition': network('nodes fall into two groups, and nothing passes between them', true),
  'one-way-partition': network('nothing passes from one group of nodes to another; the other way is open', true),
  'isolate': network('one node can reach nobody, and nobody it, clients neither', true),
  'bridge': network('every node reaches a majority, but no two of them the same: a bridge, or a ring', true),
  'swizzle-clog': network(
    'nodes lose their connections one after the other, and get them back in another order', false,
  ),
  'slow-link': network('messages between two nodes take as long as they are large', true),
  'reset': network('the connections of a node are reset, with all that is under way', true),
  'reset-mid-request': network('a connection is reset at the moment at which a request is sent over it', true),
  'half-open': network('a node accepts connections and takes what it is sent, but never answers', true),
  'lose-response': network('a request is done, and its answer is lost with the connection', false),
  'late-delivery': network(
    'one end of a connection sees it break; the other still gets all that was under way, late', false,
  ),
  'corrupt-batch': network('a bit of a record batch changes on its way to a node', false),
  'crash': process('the process dies, and starts again', true),
  'crash-at-event': process('the process dies at a named event of the protocol, in the midst of what it does', true),
  'power-loss': process('the machine loses its power, and with it what was not synced', true),
  'power-loss-of-set': process('several machines, or all, lose their power at once', false),
  'pause': process('the process stands still, and then goes on', true),
  'stall': process('the event loop is held up again and again for a moment, as by collections of garbage', false),
  'crash-loop': process('the process dies again soon after each of its starts', true),
  'old-disk-image': process('a node starts with what its disk held some time ago', false),
  'empty-disk': process('a node starts with an empty disk', true),
  'swapped-disks': process('two nodes start with the disk of the other', false),
  'zombie': process('a leader stands still until another one has taken over, and then goes on', true),
  'out-of-memory': process('the process stands still while work piles up, and dies as it goes on', true),
  'slow-start': process('the process dies, and its disk is slow when it starts again', false),
  'controlled-stop': process('a node stops in good order and starts again, as in a rolling upgrade', true),
  'write-error': disk('a write fails', true),
  'sync-error': disk('a sync fails, and what it was to write is gone though it still can be read', true),
  'disk-full': disk('no space is left', true),
  'torn-write': disk('of a write that was not synced, a loss of power leaves some sectors', false),
  'lost-write': disk('a write is acknowledged and never comes to the disk', false),
  'misdirected-write': disk('a write comes to another place', false),
  'reordered-writes': disk(
    'of writes that were not synced, a loss of power leaves later ones without earlier ones', false,
  ),
  'bit-rot': disk('bits that were durable change', true),
  'truncated-file': disk('a file has lost its end', true),
  'deleted-file': disk('a file is gone', true),
  'slow-disk': disk('syncs take many times longer', true),
  'unsynced-rename': disk('a loss of power takes a change of names back whose directory was not synced', false),
  'stale-read': disk('a read answers with what was there before the last write', false),
  'wall-jump': clock('the wall clock jumps, forward or back', true),
  'clock-drift': clock('the wall clock goes too fast or too slow', false),
  'clock-strobe': clock('the wall clock jumps to and fro', false),
  'timer-skew': clock('the timers of a node go faster or slower than those of the others', false),
  'membership-change': cluster(
    'a voter leaves the quorum of the controllers and comes back, and others change it at once', true,
  ),
  'leadership-transfer': cluster('a leader of the controllers hands over', true),
  'reassignment': cluster('the replicas of a partition move, and its leader with them', true),
} as const satisfies Readonly<Record<string, FaultDescription>>;

/** The name of a kind. */
export type FaultKind = keyof typeof FAULTS;

/** Every name, in the order of the table. */
export const FAULT_KINDS = Object.keys(FAULTS) as readonly FaultKind[];

/** Whether a text names a kind. */
export function isFaultKind(text: string): text is FaultKind {
  return Object.hasOwn(FAULTS, text);
}

function network(what: string, isLive: boolean): FaultDescription {
  return { family: 'network', what, isLive };
}

function process(what: string, isLive: boolean): FaultDescription {
  return { family: 'process', what, isLive };
}

function disk(what: string, isLive: boolean): FaultDescription {
  return { family: 'disk', what, isLive };
}

function clock(what: string, isLive: boolean): FaultDescription {
  return { family: 'clock', what, isLive };
}

function cluster(what: string, isLive: boolean): FaultDescription {
  return { family: 'cluster', what, isLive };
}
