/** Where new partitions go: leaders and followers spread evenly over brokers, and the replicas of each over racks. */
import { assert, type NodeId, type Random } from '@hapax/base';

/** A broker that may take replicas. */
export interface PlaceableBroker {
  readonly brokerId: NodeId;
  readonly rack: string | null;
  readonly fenced: boolean;
}

export interface PlacementRequest {
  readonly partitions: number;
  /** At most the number of brokers. */
  readonly replicationFactor: number;
  /** At least one of them is not fenced. */
  readonly brokers: readonly PlaceableBroker[];
  readonly random: Random;
}

/**
 * The replicas of each partition, the preferred leader first. It starts at a random broker and goes round, so that
 * leaders are even. Fenced brokers take replicas only where there are too few others, and never the leader's place.
 */
export function placeReplicas({ partitions, replicationFactor, brokers, random }: PlacementRequest): NodeId[][] {
  const alive = interleaveRacks(brokers.filter((broker) => !broker.fenced));
  const fenced = interleaveRacks(brokers.filter((broker) => broker.fenced));
  assert(alive.length > 0, 'replicas are placed while every broker is fenced');
  assert(
    replicationFactor >= 1 && replicationFactor <= brokers.length,
    `replication factor ${replicationFactor} is outside [1, ${brokers.length}]`,
  );
  const start = random.nextInt(alive.length);
  const shift = random.nextInt(alive.length);
  const placed: NodeId[][] = [];
  for (let partition = 0; partition < partitions; partition++) {
    const leaderAt = (start + partition) % alive.length;
    const round = shift + Math.floor(partition / alive.length);
    placed.push(replicasOf(alive, fenced, { leaderAt, round, replicationFactor }));
  }
  return placed;
}

/** First one broker of each rack, then the second of each, and so on: neighbours stand in different racks. */
function interleaveRacks(brokers: readonly PlaceableBroker[]): PlaceableBroker[] {
  const racks = new Map<string, PlaceableBroker[]>();
  for (const broker of [...brokers].sort((a, b) => a.brokerId - b.brokerId)) {
    const rack = rackOf(broker);
    const group = racks.get(rack);
    if (group === undefined) racks.set(rack, [broker]);
    else group.push(broker);
  }
  const groups = [...racks].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
  const interleaved: PlaceableBroker[] = [];
  for (let depth = 0; interleaved.length < brokers.length; depth++) {
    for (const group of groups) {
      const broker = group[depth];
      if (broker !== undefined) interleaved.push(broker);
    }
  }
  return interleaved;
}

/** Brokers without a rack count as one rack of that name, as in Kafka. */
function rackOf(broker: PlaceableBroker): string {
  return broker.rack ?? '';
}

function replicasOf(
  alive: readonly PlaceableBroker[],
  fenced: readonly PlaceableBroker[],
  choice: { readonly leaderAt: number; readonly round: number; readonly replicationFactor: number },
): NodeId[] {
  const leader = alive[choice.leaderAt] as PlaceableBroker;
  // The followers of one leader differ from round to round, so that its death spreads its load over all others.
  const others = rotate(rotate(alive, choice.leaderAt).slice(1), choice.round);
  const candidates = [...others, ...rotate(fenced, choice.leaderAt)];
  const chosen = [leader];
  const racks = new Set([rackOf(leader)]);
  const take = (accept: (broker: PlaceableBroker) => boolean): void => {
    for (const broker of candidates) {
      if (chosen.length >= choice.replicationFactor) return;
      if (chosen.includes(broker) || !accept(broker)) continue;
      chosen.push(broker);
      racks.add(rackOf(broker));
    }
  };
  take((broker) => !broker.fenced && !racks.has(rackOf(broker)));
  take((broker) => !broker.fenced);
  take((broker) => !racks.has(rackOf(broker)));
  take(() => true);
  return chosen.map((broker) => broker.brokerId);
}

function rotate<T>(items: readonly T[], by: number): T[] {
  if (items.length === 0) return [];
  const at = by % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}
