/** Record batches for tests. */
import { encodeText } from '@hapax/base';
import { BatchBuilder, type BatchOptions } from '@hapax/wire/records';

/** The wall clock of the tested cluster at its beginning, in milliseconds. */
export const START_MS = 1_767_225_600_000;

/** One batch with a record for each text; the timestamps are a second apart. */
export function batchOf(
  texts: readonly string[],
  options: BatchOptions & { readonly firstMs?: number } = {},
): Uint8Array {
  const { firstMs = START_MS, ...rest } = options;
  const builder = new BatchBuilder();
  texts.forEach((text, at) => {
    builder.append({ key: null, value: encodeText(text), timestampMs: firstMs + at * 1000, headers: [] });
  });
  return builder.build(rest);
}
