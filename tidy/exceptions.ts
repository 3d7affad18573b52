/**
 * The ratchet: what broke a rule on the day the rule came, with how often it does. A number may fall and not rise;
 * when a file is mended, its line goes. New code gets no line here.
 */
export const EXCEPTIONS: Readonly<Record<string, Readonly<Record<string, number>>>> = {};

/** Problems beyond the exceptions of a rule, and exceptions that are larger than what is left to mend. */
export function afterExceptions(
  rule: string,
  problems: readonly string[],
  exceptions: Readonly<Record<string, Readonly<Record<string, number>>>> = EXCEPTIONS,
): string[] {
  const byPath = new Map<string, string[]>();
  for (const problem of problems) {
    const path = problem.split(':', 1)[0] ?? problem;
    byPath.set(path, [...(byPath.get(path) ?? []), problem]);
  }
  const allowed = exceptions[rule] ?? {};
  const beyond = [...byPath].flatMap(([path, found]) => (found.length > (allowed[path] ?? 0) ? found : []));
  const mended = Object.entries(allowed)
    .filter(([path, count]) => (byPath.get(path)?.length ?? 0) < count)
    .map(([path, count]) => {
      const left = byPath.get(path)?.length ?? 0;
      return `tidy/exceptions.ts: ${path} is allowed ${count} × ${rule} and has ${left}; lower the number`;
    });
  return [...beyond, ...mended];
}
