/** Records out of a stream of text: one between delimiters each. */

export interface SplitOptions {
  /** Between records. */
  readonly delimiter: string;
  /** Between a record's key and its value; undefined for records without keys. */
  readonly keyDelimiter?: string | undefined;
  /** Whether an empty value is null, which deletes a key from a compacted topic. */
  readonly emptyIsNull: boolean;
}

/** A record as it was read. */
export interface InputRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
}

/** Splits bytes as they come. The bytes behind the last delimiter are a record too, unless there are none. */
export async function* inputRecords(
  source: AsyncIterable<Uint8Array | string>,
  options: SplitOptions,
): AsyncGenerator<InputRecord> {
  const delimiter = Buffer.from(options.delimiter);
  let held: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    held = Buffer.concat([held, typeof chunk === 'string' ? Buffer.from(chunk) : chunk]);
    let from = 0;
    for (let at = held.indexOf(delimiter); at >= 0; at = held.indexOf(delimiter, from)) {
      yield splitRecord(held.subarray(from, at), options);
      from = at + delimiter.length;
    }
    held = held.subarray(from);
  }
  if (held.length > 0) yield splitRecord(held, options);
}

/** Key and value of one record. Without the delimiter in it, all is value. */
function splitRecord(bytes: Buffer, options: SplitOptions): InputRecord {
  const separator = options.keyDelimiter === undefined ? undefined : Buffer.from(options.keyDelimiter);
  const at = separator === undefined ? -1 : bytes.indexOf(separator);
  const value = at < 0 || separator === undefined ? bytes : bytes.subarray(at + separator.length);
  const key = at < 0 ? null : bytes.subarray(0, at);
  return { key, value: options.emptyIsNull && value.length === 0 ? null : value };
}
