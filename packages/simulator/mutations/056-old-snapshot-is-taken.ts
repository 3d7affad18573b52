/** A snapshot that is out of date must not cut off what came since. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 56,
  bug: 'etcd PR 1763',
  what: 'a snapshot is installed though the log is further',
  breaks: ['R7', 'S3', 'R10'],
  edits: [{
    file: 'packages/raft/src/follower.ts',
    find: '  if (metadata.index <= log.commitIndex) {',
    replace: '  if (metadata.index <= 0) {',
  }, {
    file: 'packages/raft/src/follower.ts',
    find: '  if (log.matches(metadata.index, metadata.term)) {',
    replace: '  if (metadata.index <= 0) {',
  }, {
    file: 'packages/raft/src/log-view.ts',
    find: 'assert(snapshot.index > this.committed',
    replace: 'assert(snapshot.index > 0',
  }],
  hunt: { workload: 'raft' },
} satisfies Mutation;
