/** Which bugs of the field could be in this code: what the mutations must cover, and what they need not. */

/**
 * Rows of the catalogue of recorded bugs (of Raft, in-sync replication, idempotent producers and coordinators of
 * transactions) that a change of a few lines would bring into code like this. A mutation begins with its row.
 */
export const ROWS: readonly number[] = [
  1, 2, 4, 5, 6, 7, 8, 10, 11, 12, 13, 16, 18, 19, 21, 24, 25, 27, 28, 35, 36, 37, 38, 39, 40, 42, 43, 45, 48, 49, 51,
  52, 53, 55, 56, 60, 63, 64, 65, 66, 67, 70, 76, 77, 78, 79, 81, 82, 83, 84, 85, 86, 87, 89, 92, 96, 97, 98, 99, 101,
  102, 103, 104, 105, 106, 107, 108, 109, 110, 114, 115, 118, 119, 122, 125, 127, 128, 129, 130, 131, 132, 135, 136,
  137, 138, 139, 141, 142, 145, 146, 147, 151, 152, 153, 157, 159, 161, 162,
];

/** Those of them that cannot exist here, each with the reason. */
export const IMPOSSIBLE: Readonly<Record<number, string>> = {
  87: 'a controller decides by a command in its own Raft log, and answers when that is committed: what one that has ' +
    'been replaced decides is never committed, whatever it believes of itself',
  122: 'there is no retention yet, and DeleteRecords moves the start of a log without a look at what producers have ' +
    'done: their state goes with time, and with nothing else',
  139: 'there is no compaction yet: nothing takes a marker, or a record before its marker, out of a log',
};
