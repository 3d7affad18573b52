/** Groups in the states that the rules of offsets speak of. */
import { ErrorCode } from '@hapax/base';
import { consumerProtocolSubscription } from '@hapax/wire';
import { CoordinatorRig } from './coordinator-rig.ts';

export const RETENTION_MS = 86_400_000;
/** What a fetch tells of a partition with a pending offset. */
export const UNSTABLE = `error ${ErrorCode.UNSTABLE_OFFSET_COMMIT}, offset -1`;

/** A group in a state that rows speak of; `m` is its first member, where it has one. */
export interface Scene {
  readonly rig: CoordinatorRig;
  readonly m: string;
}

export const STATES = {
  'no group': () => ({ rig: new CoordinatorRig(), m: '' }),
  'a group of offsets alone': offsetsAlone,
  'an Empty group that had members': () => {
    const scene = stableGroup();
    scene.rig.leave([{ memberId: scene.m }]);
    return { ...scene, m: '' };
  },
  'PreparingRebalance': () => {
    const scene = stableGroup();
    scene.rig.joinNew();
    return scene;
  },
  'CompletingRebalance': () => {
    const rig = new CoordinatorRig();
    return { rig, m: rig.joinNew().memberId };
  },
  'Stable': stableGroup,
  'Stable with a static member': () => {
    const rig = new CoordinatorRig();
    const { memberId = '' } = rig.answer(rig.join({ groupInstanceId: 'i' }));
    rig.sync(memberId, 1, { groupInstanceId: 'i' });
    return { rig, m: memberId };
  },
  'a pending offset 9 over a committed 5': () => {
    const scene = offsetsAlone();
    scene.rig.txnCommit({ offset: 9 });
    return scene;
  },
  'a pending offset 9 alone': () => {
    const rig = new CoordinatorRig();
    rig.txnCommit({ offset: 9 });
    return { rig, m: '' };
  },
} satisfies Record<string, () => Scene>;

export function stableGroup(): Scene {
  const rig = new CoordinatorRig();
  const protocols = [{ name: 'range', metadata: consumerProtocolSubscription.encode(1, { topics: ['t'] }) }];
  const { memberId } = rig.joinNew({ protocols });
  rig.sync(memberId, 1);
  return { rig, m: memberId };
}

function offsetsAlone(): Scene {
  const rig = new CoordinatorRig();
  rig.commit({ offset: 5 });
  return { rig, m: '' };
}

export type StateName = keyof typeof STATES;

/** The error of the first partition of an answer. */
export function codeOf(rig: CoordinatorRig, token: string): number | undefined {
  return rig.answer(token).topics?.[0]?.partitions?.[0]?.errorCode;
}
