/** Whoever speaks of another leader epoch speaks of another log. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 78,
  bug: 'KIP-320, KAFKA-7395',
  what: 'attaches, pushes, acks and requests are taken whatever their leader epoch',
  breaks: ['I7', 'I1', 'I2', 'I3', 'I5', 'I8', 'I9', 'I11'],
  edits: [{
    file: 'packages/replica/src/leader.ts',
    find: 'if (attach.leaderEpoch !== this.leaderEpoch) {',
    replace: 'if (attach.leaderEpoch < 0) {',
  }, {
    file: 'packages/replica/src/leader.ts',
    find: 'ack.leaderEpoch !== this.leaderEpoch || ',
    replace: '',
  }, {
    file: 'packages/replica/src/follower.ts',
    find: ' && message.leaderEpoch === this.leaderEpoch;',
    replace: ';',
  }, {
    file: 'packages/replica/src/follower.ts',
    find: ' || push.leaderEpoch !== this.leaderEpoch) {',
    replace: ') {',
  }, {
    file: 'packages/replica/src/replica.ts',
    find: 'if (currentLeaderEpoch >= 0) {',
    replace: 'if (currentLeaderEpoch < -1) {',
  }],
  hunt: { workload: 'records' },
  survives: 'seeds 1 to 60 break nothing that is named here: a push of a former leader must meet a current attachment',
} satisfies Mutation;
