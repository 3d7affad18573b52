/** Classic consumer groups of the fake cluster, coordinated by one broker. */
import { ErrorCode } from '@hapax/base';
import {
  heartbeat,
  joinGroup,
  leaveGroup,
  offsetCommit,
  offsetFetch,
  syncGroup,
  type txnOffsetCommit,
  type RequestOf,
  type ResponseInput,
} from '@hapax/wire';
import { on, type HandlerEntry } from './fake-handler.ts';
import type { VirtualTime } from './virtual-time.ts';

type JoinRequest = RequestOf<typeof joinGroup>;

interface Member {
  readonly id: string;
  readonly instanceId: string | null;
  protocols: JoinRequest['protocols'];
  sessionTimeoutMs: number;
  lastSeenMs: number;
  joining?: ((response: ResponseInput<typeof joinGroup>) => void) | undefined;
  syncing?: ((response: ResponseInput<typeof syncGroup>) => void) | undefined;
  assignment: Uint8Array;
}

interface Group {
  readonly members: Map<string, Member>;
  readonly offsets: Map<string, HeldOffset>;
  /** Offsets of open transactions, by producer id; and the newest epoch of each. */
  readonly pending: Map<number, Map<string, HeldOffset>>;
  readonly epochs: Map<number, number>;
  state: 'empty' | 'joining' | 'syncing' | 'stable';
  generation: number;
  leader: string;
  protocol: string;
  joinBy: number;
}

/** The groups, and who coordinates them. */
export class FakeGroups {
  readonly #time: VirtualTime;
  readonly #groups = new Map<string, Group>();
  coordinator = 1;
  nextMember = 1;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  group(groupId: string): Group {
    const known = this.#groups.get(groupId);
    if (known !== undefined) return known;
    const group: Group = {
      members: new Map(),
      offsets: new Map(),
      pending: new Map(),
      epochs: new Map(),
      state: 'empty',
      generation: 0,
      leader: '',
      protocol: '',
      joinBy: 0,
    };
    this.#groups.set(groupId, group);
    return group;
  }

  /** Whether a member may commit in a transaction. [O2] */
  checkMember(body: RequestOf<typeof txnOffsetCommit>): number {
    const group = this.group(body.groupId);
    if (body.generationId < 0 && body.memberId === '') return 0;
    if (!group.members.has(body.memberId)) return ErrorCode.UNKNOWN_MEMBER_ID;
    return body.generationId === group.generation ? 0 : ErrorCode.ILLEGAL_GENERATION;
  }

  /** Whether no newer epoch of a producer has written to the group. [I9] */
  isCurrentEpoch(groupId: string, producerId: number, producerEpoch: number): boolean {
    const { epochs } = this.group(groupId);
    if (producerEpoch < (epochs.get(producerId) ?? -1)) return false;
    epochs.set(producerId, producerEpoch);
    return true;
  }

  /** Keeps an offset until its transaction ends. */
  hold(groupId: string, producerId: number, partition: string, offset: HeldOffset): void {
    const { pending } = this.group(groupId);
    const held = pending.get(producerId) ?? new Map<string, HeldOffset>();
    pending.set(producerId, held.set(partition, offset));
  }

  /** Applies a marker. [O5] */
  endTransaction(groupId: string, producerId: number, producerEpoch: number, committed: boolean): void {
    const group = this.group(groupId);
    group.epochs.set(producerId, producerEpoch);
    const held = group.pending.get(producerId) ?? [];
    group.pending.delete(producerId);
    if (committed) for (const [partition, offset] of held) group.offsets.set(partition, offset);
  }

  /** Begins a rebalance: joins are awaited until all members came, at most a while. */
  rebalance(group: Group): void {
    if (group.state === 'joining') return;
    group.state = 'joining';
    for (const member of group.members.values()) {
      member.syncing?.({ errorCode: ErrorCode.REBALANCE_IN_PROGRESS });
      member.syncing = undefined;
    }
    const generation = group.generation;
    this.#time.after(3000, () => {
      if (group.state !== 'joining' || group.generation !== generation) return;
      for (const [id, member] of group.members) if (member.joining === undefined) group.members.delete(id);
      this.completeJoin(group);
    });
    this.#time.after(20, () => this.maybeCompleteJoin(group));
  }

  maybeCompleteJoin(group: Group): void {
    if (group.state === 'joining' && [...group.members.values()].every((member) => member.joining !== undefined))
      this.completeJoin(group);
  }

  completeJoin(group: Group): void {
    const members = [...group.members.values()];
    if (members.length === 0) {
      group.state = 'empty';
      return;
    }
    group.generation += 1;
    group.state = 'syncing';
    if (!group.members.has(group.leader)) group.leader = members[0]!.id;
    group.protocol =
      members[0]!.protocols.find((one) =>
        members.every((member) => member.protocols.some((other) => other.name === one.name)),
      )?.name ?? '';
    for (const member of members) {
      member.lastSeenMs = this.#time.nowMs();
      const answer = member.joining;
      member.joining = undefined;
      answer?.({
        errorCode: 0,
        generationId: group.generation,
        protocolName: group.protocol,
        leader: group.leader,
        memberId: member.id,
        protocolType: 'consumer',
        members:
          member.id !== group.leader
            ? []
            : members.map((one) => ({
                memberId: one.id,
                groupInstanceId: one.instanceId,
                metadata: one.protocols.find((protocol) => protocol.name === group.protocol)!.metadata,
              })),
      });
    }
  }

  /** Drops members that were silent for too long. */
  expire(group: Group): void {
    const nowMs = this.#time.nowMs();
    for (const [id, member] of group.members) {
      if (member.joining !== undefined || nowMs - member.lastSeenMs <= member.sessionTimeoutMs) continue;
      group.members.delete(id);
      this.rebalance(group);
    }
  }
}

/** An offset as a group has it. */
interface HeldOffset {
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly metadata: string;
}

export const groupHandlers: HandlerEntry[] = [
  on(joinGroup, (cluster, { body, version, nodeId }, answer) => {
    const refused = cluster.takeError('JoinGroup');
    if (refused !== 0)
      return answer({ errorCode: refused, protocolName: version >= 7 ? null : '', memberId: body.memberId });
    const misplaced = nodeId === cluster.groups.coordinator ? 0 : ErrorCode.NOT_COORDINATOR;
    const group = cluster.groups.group(body.groupId);
    const memberId =
      body.memberId === '' && body.groupInstanceId !== null
        ? ([...group.members.values()].find((one) => one.instanceId === body.groupInstanceId)?.id ?? '')
        : body.memberId;
    const unknown = body.memberId !== '' && !group.members.has(body.memberId) ? ErrorCode.UNKNOWN_MEMBER_ID : 0;
    if (misplaced !== 0 || unknown !== 0)
      return answer({ errorCode: misplaced || unknown, protocolName: version >= 7 ? null : '' });
    const id = memberId === '' ? `member-${cluster.groups.nextMember++}` : memberId;
    const isNew = !group.members.has(id);
    const member: Member = group.members.get(id) ?? {
      id,
      instanceId: body.groupInstanceId,
      protocols: [],
      sessionTimeoutMs: 0,
      lastSeenMs: 0,
      assignment: new Uint8Array(0),
    };
    member.protocols = body.protocols.map((one) => ({ name: one.name, metadata: Uint8Array.from(one.metadata) }));
    member.sessionTimeoutMs = body.sessionTimeoutMs;
    member.lastSeenMs = cluster.time.nowMs();
    if (isNew && version >= 4 && body.groupInstanceId === null) {
      // The member must come again with its id. [KIP-394]
      group.members.set(id, member);
      answer({ errorCode: ErrorCode.MEMBER_ID_REQUIRED, memberId: id, protocolName: version >= 7 ? null : '' });
      cluster.groups.rebalance(group);
      return;
    }
    group.members.set(id, member);
    member.joining = answer;
    cluster.groups.rebalance(group);
    cluster.time.after(10, () => cluster.groups.maybeCompleteJoin(group));
  }),
  on(syncGroup, (cluster, { body }, answer) => {
    const refused = cluster.takeError('SyncGroup');
    if (refused !== 0) return answer({ errorCode: refused });
    const group = cluster.groups.group(body.groupId);
    const member = group.members.get(body.memberId);
    if (member === undefined) return answer({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID });
    if (body.generationId !== group.generation) return answer({ errorCode: ErrorCode.ILLEGAL_GENERATION });
    if (group.state === 'joining') return answer({ errorCode: ErrorCode.REBALANCE_IN_PROGRESS });
    if (group.state === 'stable') return answer({ errorCode: 0, assignment: member.assignment });
    member.syncing = answer;
    if (body.memberId !== group.leader) return;
    for (const { memberId, assignment } of body.assignments) {
      const one = group.members.get(memberId);
      if (one !== undefined) one.assignment = Uint8Array.from(assignment);
    }
    group.state = 'stable';
    for (const one of group.members.values()) {
      one.syncing?.({
        errorCode: 0,
        assignment: one.assignment,
        protocolType: 'consumer',
        protocolName: group.protocol,
      });
      one.syncing = undefined;
    }
  }),
  on(heartbeat, (cluster, { body, nodeId }, answer) => {
    const refused = cluster.takeError('Heartbeat');
    if (refused !== 0) return answer({ errorCode: refused });
    if (nodeId !== cluster.groups.coordinator) return answer({ errorCode: ErrorCode.NOT_COORDINATOR });
    const group = cluster.groups.group(body.groupId);
    const member = group.members.get(body.memberId);
    if (member === undefined) return answer({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID });
    if (body.generationId !== group.generation) return answer({ errorCode: ErrorCode.ILLEGAL_GENERATION });
    member.lastSeenMs = cluster.time.nowMs();
    cluster.groups.expire(group);
    answer({ errorCode: group.state === 'joining' ? ErrorCode.REBALANCE_IN_PROGRESS : 0 });
  }),
  on(leaveGroup, (cluster, { body, version }, answer) => {
    const group = cluster.groups.group(body.groupId);
    const ids = version >= 3 ? body.members.map((member) => member.memberId) : [body.memberId];
    const left = ids.filter((id) => group.members.delete(id));
    if (left.length > 0) {
      cluster.groups.rebalance(group);
      cluster.groups.maybeCompleteJoin(group);
    }
    answer({
      errorCode: 0,
      members: version >= 3 ? ids.map((memberId) => ({ memberId, groupInstanceId: null, errorCode: 0 })) : [],
    });
  }),
  on(offsetCommit, (cluster, { body, nodeId }, answer) => {
    const group = cluster.groups.group(body.groupId);
    const misplaced = nodeId === cluster.groups.coordinator ? 0 : ErrorCode.NOT_COORDINATOR;
    const isMember = group.members.has(body.memberId);
    const fenced =
      body.generationIdOrMemberEpoch < 0
        ? group.members.size > 0
          ? ErrorCode.UNKNOWN_MEMBER_ID
          : 0
        : !isMember
          ? ErrorCode.UNKNOWN_MEMBER_ID
          : body.generationIdOrMemberEpoch !== group.generation
            ? ErrorCode.ILLEGAL_GENERATION
            : 0;
    const errorCode = cluster.takeError('OffsetCommit') || misplaced || fenced;
    answer({
      topics: body.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata }) => {
          if (errorCode === 0) {
            const metadata = committedMetadata ?? '';
            group.offsets.set(`${name}-${partitionIndex}`, {
              offset: committedOffset,
              leaderEpoch: committedLeaderEpoch,
              metadata,
            });
          }
          return { partitionIndex, errorCode };
        }),
      })),
    });
  }),
  on(offsetFetch, (cluster, { body, version, nodeId }, answer) => {
    const errorCode =
      nodeId === cluster.groups.coordinator ? cluster.takeError('OffsetFetch') : ErrorCode.NOT_COORDINATOR;
    const groupId = version >= 8 ? body.groups[0]!.groupId : body.groupId;
    const wanted = version >= 8 ? body.groups[0]!.topics : body.topics;
    const group = cluster.groups.group(groupId);
    const all = [...group.offsets.keys()].map((key) => ({
      name: key.slice(0, key.lastIndexOf('-')),
      partitionIndexes: [Number(key.slice(key.lastIndexOf('-') + 1))],
    }));
    const topics = (wanted ?? all).map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => {
        const key = `${name}-${partitionIndex}`;
        const known = group.offsets.get(key);
        const isPending = [...group.pending.values()].some((one) => one.has(key));
        if (version >= 7 && body.requireStable && isPending)
          return { partitionIndex, committedOffset: -1, metadata: '', errorCode: ErrorCode.UNSTABLE_OFFSET_COMMIT };
        return {
          partitionIndex,
          committedOffset: known?.offset ?? -1,
          committedLeaderEpoch: known?.leaderEpoch ?? -1,
          metadata: known?.metadata ?? '',
          errorCode: 0,
        };
      }),
    }));
    answer(version >= 8 ? { groups: [{ groupId, topics, errorCode }] } : { topics, errorCode });
  }),
];
