/** Starred rows of the catalogue that cannot exist in this code, each with the reason. */

/** By row. */
export const IMPOSSIBLE: Readonly<Record<number, string>> = {
  139: 'there is no compaction yet: nothing takes a marker, or a record before its marker, out of a log',
};
