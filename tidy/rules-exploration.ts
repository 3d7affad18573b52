/** Conditions of exploration: each has a literal name of its own, so that all of them are known without being run. */
import { isNode, walk, type SourceFile, type SyntaxNode } from './source-file.ts';

/** As declared in packages/base/src/exploration.ts. */
const CALLS: readonly string[] = ['always', 'neverReached', 'reachable', 'sometimes'];

/** The area that the condition belongs to, and in a few words what has happened. */
const NAME = /^[a-z]+: [^']+$/u;

/** Names that are no literals, that say no area, or that two places share; and conditions where they mean nothing. */
export function explorationProblems(files: readonly SourceFile[]): string[] {
  const problems: string[] = [];
  const placeOf = new Map<string, string>();
  for (const file of files) {
    if (file.area !== 'src' || file.path.endsWith('base/src/exploration.ts')) continue;
    for (const call of callsIn(file)) {
      const place = `${file.path}:${file.lineAt(call.start)}`;
      const name = nameOf(call);
      if (name === undefined || !NAME.test(name)) {
        problems.push(`${place}: name the condition by a literal like 'raft: a pre-vote is refused'`);
        continue;
      }
      const other = placeOf.get(name);
      if (other !== undefined) problems.push(`${place}: ${other} has the name '${name}' already`);
      placeOf.set(name, place);
    }
  }
  return problems;
}

function callsIn(file: SourceFile): SyntaxNode[] {
  const isFromBase = (from: string): boolean => from === '@hapax/base' || from.endsWith('/exploration.ts');
  if (!file.imports.some(({ from }) => isFromBase(from))) return [];
  const calls: SyntaxNode[] = [];
  walk(file.body, (node) => {
    const callee = node['callee'];
    if (node.type !== 'CallExpression' || !isNode(callee, 'Identifier')) return;
    if (CALLS.includes(String(callee['name']))) calls.push(node);
  });
  return calls;
}

function nameOf(call: SyntaxNode): string | undefined {
  const last = (call['arguments'] as readonly unknown[]).at(-1);
  return isNode(last, 'Literal') && typeof last['value'] === 'string' ? last['value'] : undefined;
}
