/** Starred rows of the catalogue that cannot exist in this code, each with the reason. */

/** By row. */
export const IMPOSSIBLE: Readonly<Record<number, string>> = {};
