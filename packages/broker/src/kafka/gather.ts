/** One answer made of several that come one by one. */

/** Runs `start` for each item and calls `done` once with all results, in the order of the items. */
export function gather<Item, Result>(
  items: readonly Item[],
  start: (item: Item, finish: (result: Result) => void) => void,
  done: (results: Result[]) => void,
): void {
  const results = new Array<Result>(items.length);
  let waiting = items.length;
  if (waiting === 0) return done([]);
  items.forEach((item, at) => {
    let isFinished = false;
    start(item, (result) => {
      if (isFinished) return;
      isFinished = true;
      results[at] = result;
      waiting -= 1;
      if (waiting === 0) done(results);
    });
  });
}
