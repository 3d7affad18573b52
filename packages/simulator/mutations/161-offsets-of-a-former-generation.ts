/** Who has lost a partition has no say about its offset. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 161,
  bug: 'KIP-447, KIP-1251',
  what: 'offsets in a transaction are taken from members of former generations',
  breaks: ['T9', 'T8', 'history'],
  edits: [{
    file: 'packages/group/src/handlers/txn-offset-commit.ts',
    find: '  const error = memberError(group, memberId, groupInstanceId);',
    replace: '  const error: ErrorCode = ErrorCode.NONE;',
  }, {
    file: 'packages/group/src/handlers/txn-offset-commit.ts',
    find: `  return generationId === group.generation ? ErrorCode.NONE : ErrorCode.ILLEGAL_GENERATION;
}

function offsetOf`,
    replace: `  return ErrorCode.NONE;
}

function offsetOf`,
  }],
  hunt: { workload: 'txn' },
} satisfies Mutation;
