/**
 * The cooperative sticky assignor: as even as can be, with as few moves as can be, and no stop for those who keep what
 * they have. [KIP-429]
 */
import type { TopicPartition } from '../leader-fan-out.ts';
import { compare, inOrder, partitionKey, type Assignor, type Subscriber } from './assignor.ts';
import { allPartitions, emptyAssignment } from './eager-assignors.ts';

/** Divides evenly; a partition that changes hands is given to nobody until its owner has let it go. */
export const cooperativeStickyAssignor: Assignor = {
  name: 'cooperative-sticky',
  cooperative: true,
  assign(subscribers, partitions) {
    const members = inOrder(subscribers);
    const everything = allPartitions(partitions);
    const owners = ownersOf(members, new Set(everything.map(partitionKey)));
    const assignment = emptyAssignment(members);
    const unowned: TopicPartition[] = [];
    for (const item of everything) {
      const owner = owners.get(partitionKey(item));
      if (owner === undefined) unowned.push(item);
      else assignment.get(owner)?.push(item);
    }
    const topics = new Map(members.map((member) => [member.memberId, new Set(member.topics)]));
    const readersOf = (topic: string): string[] =>
      members.map((member) => member.memberId).filter((memberId) => topics.get(memberId)?.has(topic) === true);
    // Partitions that few members want are dealt out first, while those members still have little.
    const dealt = unowned
      .map((item) => ({ item, readers: readersOf(item.topic) }))
      .sort((a, b) => a.readers.length - b.readers.length);
    for (const { item, readers } of dealt) {
      const reader = leastLoaded(assignment, readers);
      if (reader !== undefined) assignment.get(reader)?.push(item);
    }
    balance(assignment, readersOf);
    withhold(assignment, owners);
    return assignment;
  },
};

/** Who has each partition. Of two that claim it, the one of the newer generation; of two such, neither. */
function ownersOf(members: readonly Subscriber[], existing: ReadonlySet<string>): Map<string, string> {
  const claims = new Map<string, { memberId: string | undefined; generation: number }>();
  for (const member of members) {
    for (const item of member.owned) {
      const key = partitionKey(item);
      if (!existing.has(key) || !member.topics.includes(item.topic)) continue;
      const other = claims.get(key);
      if (other === undefined || other.generation < member.generation) {
        claims.set(key, { memberId: member.memberId, generation: member.generation });
      } else if (other.generation === member.generation) {
        other.memberId = undefined;
      }
    }
  }
  const owners = new Map<string, string>();
  for (const [key, { memberId }] of claims) if (memberId !== undefined) owners.set(key, memberId);
  return owners;
}

function leastLoaded(
  assignment: ReadonlyMap<string, readonly TopicPartition[]>,
  readers: readonly string[],
): string | undefined {
  let best: string | undefined;
  for (const reader of readers) {
    if (best === undefined || loadOf(assignment, reader) < loadOf(assignment, best)) best = reader;
  }
  return best;
}

/**
 * Moves partitions from members with more to members with at least two less. Each move lowers the sum of the squares of
 * the loads, so it ends.
 */
function balance(assignment: Map<string, TopicPartition[]>, readersOf: (topic: string) => string[]): void {
  for (let moved = true; moved;) {
    moved = false;
    const byLoad = [...assignment].sort(([a, x], [b, y]) => y.length - x.length || compare(a, b));
    for (const [giver, items] of byLoad) {
      for (let at = items.length - 1; at >= 0; at--) {
        const item = items[at];
        const taker = item === undefined ? undefined : leastLoaded(assignment, readersOf(item.topic));
        if (
          item === undefined ||
          taker === undefined ||
          loadOf(assignment, taker) + 1 >= items.length ||
          taker === giver
        )
          continue;
        items.splice(at, 1);
        assignment.get(taker)?.push(item);
        moved = true;
      }
    }
  }
}

/** Takes out what somebody else still has; its owner lets it go and joins again, and it is dealt out then. */
function withhold(assignment: Map<string, TopicPartition[]>, owners: ReadonlyMap<string, string>): void {
  for (const [memberId, items] of assignment) {
    assignment.set(
      memberId,
      items.filter((item) => (owners.get(partitionKey(item)) ?? memberId) === memberId),
    );
  }
}

function loadOf(assignment: ReadonlyMap<string, readonly TopicPartition[]>, memberId: string): number {
  return assignment.get(memberId)?.length ?? 0;
}
