/** Random members against a coordinator that fails and moves. */
import { ErrorCode, SeededRandom } from '@hapax/base';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ReplayedState } from '../src/index.ts';
import { bytesOf, CoordinatorRig, protocol, textOf } from './coordinator-rig.ts';

const GROUPS = ['g', 'h'];
const ERRORS = [ErrorCode.NOT_ENOUGH_REPLICAS, ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.MESSAGE_TOO_LARGE];

/** What a client does when its turn comes; most of it follows from what it was told. */
interface Client {
  readonly name: string;
  readonly groupId: string;
  readonly groupInstanceId: string | null;
  memberId: string;
  generation: number;
  /** The members that the leader was told of; undefined for followers. */
  members: readonly string[] | undefined;
  phase: 'out' | 'joining' | 'joined' | 'syncing' | 'stable';
  /** The request that waits, and what to do with its answer. */
  waitsFor: { readonly token: string; readonly api: 'join' | 'sync' | 'leave' | 'commit' } | undefined;
}

/** Clients of two groups against one coordinator, whose log refuses, delays, and moves to new coordinators. */
class RandomGroups {
  readonly rig = new CoordinatorRig({
    initialRebalanceDelayMs: 50, newMemberJoinTimeoutMs: 20_000, pendingMembersMax: 3, maxSize: 4, parkedMax: 30,
  });
  private readonly random: SeededRandom;
  private readonly clients: Client[] = [];
  private readonly sent = new Map<string, string>();
  /** Per group and generation: the assignment that the log's record gives each member. */
  private readonly assigned = new Map<string, string>();
  private readonly highestSynced = new Map<string, number>();
  private readonly committing = new Map<string, { readonly key: string; readonly offset: number }>();
  private readonly committed = new Map<string, number>();
  private nextOffset = 1;
  steps = 0;
  completedSyncs = 0;
  takenInTransactions = 0;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    for (const groupId of GROUPS) {
      for (let at = 0; at < 5; at++) {
        const groupInstanceId = at < 2 ? `static-${at}` : null;
        this.clients.push({
          name: `${groupId}${at}`, groupId, groupInstanceId, memberId: '', generation: -1, members: undefined,
          phase: 'out', waitsFor: undefined,
        });
      }
    }
  }

  step(): void {
    this.steps += 1;
    const dice = this.random.nextInt(100);
    if (dice < 2) this.rig.advance(this.random.nextInt(15_000));
    else if (dice < 15) this.rig.advance(this.random.nextInt(400));
    else if (dice < 17) this.rig.commits = false;
    else if (dice < 27) this.rig.commits = true;
    else if (dice < 28) this.rig.log.refuseWith = ERRORS[this.random.nextInt(ERRORS.length)];
    else if (dice < 38) this.rig.log.refuseWith = undefined;
    else if (dice < 39) this.rig.load({ keepUncommitted: this.random.nextInt(2) === 0 });
    else this.act(this.clients[this.random.nextInt(this.clients.length)] as Client);
    this.rig.settle();
    this.readAnswers();
    this.check();
  }

  /** Everything works again: every request is answered in the end, and members who keep trying all get in. */
  heal(): void {
    this.rig.commits = true;
    this.rig.log.refuseWith = undefined;
    for (const client of this.clients) if (Number(client.name.slice(1)) < 3) client.phase = 'out';
    const healthy = this.clients.filter((client) => Number(client.name.slice(1)) < 3);
    for (let round = 0; round < 300; round++) {
      this.rig.advance(200);
      this.readAnswers();
      for (const client of healthy) this.proceed(client);
      this.readAnswers();
      this.check();
    }
    expect([...this.sent.keys()].filter((token) => this.rig.isWaiting(token))).toEqual([]);
    for (const client of healthy) expect(client).toMatchObject({ phase: 'stable' });
    for (const groupId of GROUPS) {
      const generations = healthy.filter((client) => client.groupId === groupId).map((client) => client.generation);
      expect(new Set(generations).size).toBe(1);
    }
  }

  private act(client: Client): void {
    const dice = this.random.nextInt(60);
    if (dice === 0) return this.die(client);
    if (dice === 1) return this.leave(client);
    if (dice === 2 && client.waitsFor !== undefined) client.waitsFor = undefined;
    if (dice < 9) return this.commit(client);
    if (dice < 14) return this.txnCommit(client);
    if (dice === 14) return this.rig.mark(this.random.nextInt(2) === 0 ? 'commit' : 'abort', this.random.nextInt(3));
    if (dice === 15) return this.fetch(client.groupId);
    this.proceed(client);
  }

  /** The next thing that a well-behaved client does. */
  private proceed(client: Client): void {
    if (client.waitsFor !== undefined) return;
    if (client.phase === 'out') return this.join(client);
    if (client.phase === 'joined') return this.sync(client);
    const error = this.heartbeat(client);
    if (error === ErrorCode.REBALANCE_IN_PROGRESS || error === ErrorCode.ILLEGAL_GENERATION) client.phase = 'out';
    else if (error === ErrorCode.UNKNOWN_MEMBER_ID || error === ErrorCode.FENCED_INSTANCE_ID) this.die(client);
  }

  /** It forgets what it was; a new process begins under its name. */
  private die(client: Client): void {
    Object.assign(client, { memberId: '', generation: -1, members: undefined, phase: 'out', waitsFor: undefined });
  }

  private join(client: Client): void {
    const { groupId, groupInstanceId, memberId, name } = client;
    const token = this.rig.join({
      groupId, groupInstanceId, memberId, clientId: name, version: 3 + this.random.nextInt(7),
      sessionTimeoutMs: 6000, rebalanceTimeoutMs: 5000,
      protocols: [protocol('range', String(this.random.nextInt(3))), protocol('sticky')],
    });
    this.wait(client, token, 'join');
    client.phase = 'joining';
  }

  private sync(client: Client): void {
    const { groupId, memberId, generation, groupInstanceId, members } = client;
    const assignments = (members ?? []).map((member, at) => ({
      memberId: member, assignment: bytesOf(`${groupId}/${generation}/p${at}`),
    }));
    this.wait(client, this.rig.sync(memberId, generation, { groupId, groupInstanceId, assignments }), 'sync');
    client.phase = 'syncing';
  }

  private heartbeat(client: Client): number | undefined {
    const { groupId, generation: generationId, memberId, groupInstanceId } = client;
    const token = this.rig.run((coordinator, request) => coordinator.heartbeat(
      request, { groupId, generationId, memberId, groupInstanceId }, this.rig.context(4), this.rig.nowMs));
    return this.rig.answer(token).errorCode;
  }

  private leave(client: Client): void {
    const { groupId, memberId, groupInstanceId } = client;
    const request = { groupId, memberId: '', members: [{ memberId, groupInstanceId, reason: null }] };
    const token = this.rig.run((coordinator, asked) =>
      coordinator.leaveGroup(asked, request, this.rig.context(5), this.rig.nowMs));
    this.sent.set(token, 'leave');
    this.die(client);
  }

  private commit(client: Client): void {
    const partition = this.random.nextInt(3);
    const offset = this.nextOffset++;
    const { groupId, memberId, generation, groupInstanceId } = client;
    const token = this.rig.commit({
      groupId, memberId, groupInstanceId, generationIdOrMemberEpoch: generation, partition, offset,
    });
    this.sent.set(token, 'commit');
    this.committing.set(token, { key: `${groupId}/t-${partition}`, offset });
  }

  /** A zombie's offsets are not taken once anybody has an assignment of a later generation. [KIP-447] */
  private txnCommit(client: Client): void {
    const { groupId, memberId, generation: generationId, groupInstanceId } = client;
    if (generationId < 0) return;
    const before = this.rig.log.entries.length;
    const token = this.rig.txnCommit({
      groupId, memberId, groupInstanceId, generationId, producerId: this.random.nextInt(3), partition: 5,
    });
    this.sent.set(token, 'txn-commit');
    if (this.rig.log.entries.length === before) return;
    this.takenInTransactions += 1;
    expect(generationId).toBeGreaterThanOrEqual(this.highestSynced.get(groupId) ?? 0);
  }

  private fetch(groupId: string): void {
    const token = this.rig.run((coordinator, request) => coordinator.offsetFetchGroup(
      request, { groupId, topics: null, requireStable: false }, this.rig.context(8), this.rig.nowMs));
    this.sent.set(token, 'fetch');
  }

  private wait(client: Client, token: string, api: 'join' | 'sync'): void {
    client.waitsFor = { token, api };
    this.sent.set(token, api);
  }

  private readAnswers(): void {
    for (const [token, { key, offset }] of this.committing) {
      if (this.rig.isWaiting(token)) continue;
      this.committing.delete(token);
      const error = this.rig.answer(token).topics?.[0]?.partitions?.[0]?.errorCode;
      if (error === ErrorCode.NONE) this.committed.set(key, Math.max(this.committed.get(key) ?? 0, offset));
    }
    for (const client of this.clients) {
      const waiting = client.waitsFor;
      if (waiting === undefined || this.rig.isWaiting(waiting.token)) continue;
      client.waitsFor = undefined;
      if (waiting.api === 'join') this.onJoined(client, waiting.token);
      if (waiting.api === 'sync') this.onSynced(client, waiting.token);
    }
  }

  private onJoined(client: Client, token: string): void {
    const answer = this.rig.answer(token);
    client.phase = 'out';
    if (answer.errorCode === ErrorCode.MEMBER_ID_REQUIRED) client.memberId = answer.memberId ?? '';
    if (answer.errorCode === ErrorCode.UNKNOWN_MEMBER_ID || answer.errorCode === ErrorCode.FENCED_INSTANCE_ID
      || answer.errorCode === ErrorCode.GROUP_MAX_SIZE_REACHED) this.die(client);
    if (answer.errorCode !== ErrorCode.NONE) return;
    client.memberId = answer.memberId ?? '';
    client.generation = answer.generationId ?? -1;
    const leads = answer.leader === client.memberId && answer.skipAssignment !== true;
    client.members = leads ? answer.members?.map((member) => member.memberId ?? '') : undefined;
    if (leads) expect(client.members).toContain(client.memberId);
    client.phase = 'joined';
  }

  private onSynced(client: Client, token: string): void {
    const answer = this.rig.answer(token);
    client.phase = answer.errorCode === ErrorCode.NONE ? 'stable' : 'out';
    if (answer.errorCode === ErrorCode.UNKNOWN_MEMBER_ID || answer.errorCode === ErrorCode.FENCED_INSTANCE_ID) {
      this.die(client);
    }
    if (answer.errorCode !== ErrorCode.NONE) return;
    this.completedSyncs += 1;
    const { groupId, generation } = client;
    const assignment = textOf(answer.assignment);
    // No generation that was handed out is ever handed out again with another assignment, or after a later one.
    expect(generation).toBeGreaterThanOrEqual(this.highestSynced.get(groupId) ?? 0);
    this.highestSynced.set(groupId, generation);
    if (assignment === '') return;
    expect(assignment.startsWith(`${groupId}/${generation}/`)).toBe(true);
    // A static member's successor has its assignment; anybody else's is nobody's but its own.
    const owner = client.groupInstanceId ?? client.memberId;
    const known = this.assigned.get(assignment);
    expect(known ?? owner).toBe(owner);
    this.assigned.set(assignment, owner);
  }

  private check(): void {
    const { state, groups } = this.rig.coordinator;
    const replayed = new ReplayedState();
    for (const { record, at } of this.rig.log.read()) replayed.replay(record, at);
    expect(replayed).toEqual(state);
    for (const [key, offset] of this.committed) {
      const [groupId = '', partition = ''] = key.split('/t-');
      expect(state.findOffsets(groupId)?.find('t', Number(partition))?.offset).toBeGreaterThanOrEqual(offset);
    }
    for (const groupId of GROUPS) {
      const group = groups.find(groupId);
      if (group?.state !== 'Stable') continue;
      const stored = state.findMetadata(groupId);
      expect(stored?.generation).toBe(group.generation);
      expect(stored?.leader).toBe(group.leaderId);
      expect(stored?.members.map((member) => [member.memberId, member.assignment]))
        .toEqual(group.members.map((member) => [member.memberId, member.assignment]));
    }
  }
}

describe('random groups', () => {
  test('keep their promises while members and coordinators come and go, and settle when all is well again', () => {
    let completedSyncs = 0;
    let takenInTransactions = 0;
    fc.assert(fc.property(fc.integer({ min: 0, max: 0x7fffffff }), (seed) => {
      const world = new RandomGroups(seed);
      for (let step = 0; step < 500; step++) world.step();
      world.heal();
      completedSyncs += world.completedSyncs;
      takenInTransactions += world.takenInTransactions;
    }), { numRuns: 20 });
    expect(completedSyncs).toBeGreaterThan(250);
    expect(takenInTransactions).toBeGreaterThan(100);
  }, 60_000);
});
