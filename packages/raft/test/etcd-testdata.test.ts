/** etcd/raft's own scripts as a referee. They are not part of this repository: without them these tests say so. */
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  changeSimply, EMPTY_MEMBERSHIP, enterJoint, isLearner, jointIndex, jointVote, leaveJoint, majorityIndex, membersOf,
} from '@hapax/raft';
import type { JointVoters, Membership, MembershipRefusal, MembershipResult } from '@hapax/raft';
import { findArg, runDatadriven } from '@hapax/testkit';
import type { DatadrivenCase } from '@hapax/testkit';
import { describe, expect, test } from 'vitest';
import { INAPPLICABLE, replayInteraction } from './etcd-interaction.ts';
import { describeMembership, parseChange } from './etcd-words.ts';

const DATA = fileURLToPath(new URL('../../../../shared/reference/etcd-raft-testdata', import.meta.url));
const isAbsent = !existsSync(DATA);
const scriptsOf = (folder: string): readonly string[] => (isAbsent ? [] : readdirSync(`${DATA}/${folder}`).sort());

test.skipIf(!isAbsent)('the scripts of etcd/raft are not here, so nothing is compared with them', () => {
  expect(scriptsOf('quorum')).toEqual([]);
});

describe.skipIf(isAbsent)('etcd/raft scripts (skipped where ../shared/reference is absent)', () => {
  test.each(scriptsOf('quorum'))('quorum/%s gives exactly the same output', (name) => {
    runDatadriven(`${DATA}/quorum/${name}`, runQuorum);
  });

  test.each(scriptsOf('confchange'))('confchange/%s gives exactly the same output', (name) => {
    const changer = new Changer();
    runDatadriven(`${DATA}/confchange/${name}`, (script) => changer.run(script));
  });

  let facts = 0;
  const interactions = scriptsOf('interaction').filter((name) => !INAPPLICABLE.has(name));
  test.each(interactions)('interaction/%s comes to the same states', (name) => {
    const compared = replayInteraction(`${DATA}/interaction/${name}`);
    expect(compared).toBeGreaterThan(0);
    facts += compared;
  });

  test('the scripts that do not apply are listed with their reasons', () => {
    for (const name of INAPPLICABLE.keys()) expect(scriptsOf('interaction')).toContain(name);
    console.log(`${interactions.length} interaction scripts applied, ${facts} facts compared; these do not apply:`);
    console.table([...INAPPLICABLE].map(([script, reason]) => ({ script, reason })));
  });
});

/** Prints what etcd's test of quorums prints: a bar for each voter, and the index or the result. */
function runQuorum(script: DatadrivenCase): string {
  const ids = numbers(findArg(script, 'cfg') ?? []);
  const joint = findArg(script, 'cfgj');
  const isZero = joint?.[0] === 'zero';
  const outgoing = joint === undefined || isZero ? [] : numbers(joint);
  const voters = { incoming: ids, outgoing };
  // Answers are given in the order of the ids, incoming first.
  const all = [...new Set([...ids, ...outgoing])];
  if (script.command === 'vote') {
    const votes = new Map<number, boolean>();
    (findArg(script, 'votes') ?? []).forEach((vote, at) => {
      if (vote !== '_') votes.set(all[at] ?? -1, vote === 'y');
    });
    const names = { won: 'VoteWon', lost: 'VoteLost', pending: 'VotePending' };
    return names[jointVote(voters, (id) => votes.get(id))];
  }
  const indexes = new Map<number, number>();
  (findArg(script, 'idx') ?? []).forEach((index, at) => {
    if (index !== '_') indexes.set(all[at] ?? -1, Number(index));
  });
  const index = jointIndex(voters, (id) => indexes.get(id));
  expect(majorityIndex(ids, (id) => indexes.get(id))).toBeGreaterThanOrEqual(index);
  const bars = describeIndexes(voters, indexes);
  return `${bars}${index === Infinity ? '∞' : index}`;
}

function describeIndexes(voters: JointVoters, indexes: ReadonlyMap<number, number>): string {
  const ids = [...new Set([...voters.incoming, ...voters.outgoing])].sort((a, b) => a - b);
  if (ids.length === 0) return '<empty majority quorum>';
  const indexOf = (id: number): number => indexes.get(id) ?? 0;
  const order = [...ids].sort((a, b) => indexOf(a) - indexOf(b) || a - b);
  const lines = [`${' '.repeat(ids.length)}    idx`];
  for (const id of ids) {
    // The bar is as long as the voters that are strictly behind: the rank among the sorted.
    const rank = order.findIndex((other) => indexOf(other) === indexOf(id));
    const bar = indexes.has(id) ? `${'x'.repeat(rank)}>${' '.repeat(ids.length - rank)}` : `?${' '.repeat(ids.length)}`;
    lines.push(`${bar} ${String(indexOf(id)).padStart(5)}    (id=${id})`);
  }
  return `${lines.join('\n')}\n`;
}

const REFUSALS: Readonly<Record<MembershipRefusal, (command: string) => string>> = {
  'already-joint': (command) =>
    command === 'simple' ? "can't apply simple config change in joint config" : 'config is already joint',
  'not-joint': () => "can't leave a non-joint config",
  'no-voters-yet': () => "can't make a zero-voter config joint",
  'no-voters-left': () => 'removed all voters',
  'several-voters': () => 'more than one voter changed without entering joint config',
};

/** Applies changes as etcd's test does: the next index of a new member tells at which command it came. */
class Changer {
  private membership: Membership = EMPTY_MEMBERSHIP;
  private readonly nextIndexes = new Map<number, number>();
  private lastIndex = 0;

  run(script: DatadrivenCase): string {
    const result = this.change(script);
    const nextIndex = Math.max(this.lastIndex++, 1);
    if (!result.ok) return REFUSALS[result.refusal](script.command);
    this.membership = result.membership;
    const members = membersOf(this.membership);
    for (const id of this.nextIndexes.keys()) if (!members.includes(id)) this.nextIndexes.delete(id);
    for (const id of members) if (!this.nextIndexes.has(id)) this.nextIndexes.set(id, nextIndex);
    const lines = members.map((id) => {
      const learner = isLearner(this.membership, id) ? ' learner' : '';
      return `${id}: StateProbe match=0 next=${this.nextIndexes.get(id)}${learner}`;
    });
    return [describeMembership(this.membership), ...lines].join('\n');
  }

  private change(script: DatadrivenCase): MembershipResult {
    const changes = script.body.split(/\s+/).filter((word) => word !== '').map(parseChange);
    if (script.command === 'leave-joint') return leaveJoint(this.membership);
    if (script.command === 'simple') return changeSimply(this.membership, changes);
    return enterJoint(this.membership, changes, { autoLeave: findArg(script, 'autoleave')?.[0] === 'true' });
  }
}

function numbers(values: readonly string[]): readonly number[] {
  return values.map(Number);
}
