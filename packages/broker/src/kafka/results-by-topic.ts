/** Results of single partitions, put together by topic as responses have them. */

/** The results of one topic, in the order in which they came. */
export interface TopicResults<Result> {
  readonly name: string;
  readonly results: Result[];
}

/** Groups results by topic; topics stand in the order of their first result. */
export function resultsByTopic<Result extends { readonly topic: string }>(
  results: readonly Result[],
): TopicResults<Result>[] {
  const byTopic = new Map<string, TopicResults<Result>>();
  for (const result of results) {
    const known = byTopic.get(result.topic);
    if (known === undefined) byTopic.set(result.topic, { name: result.topic, results: [result] });
    else known.results.push(result);
  }
  return [...byTopic.values()];
}
