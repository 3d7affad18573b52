/** Purity: what a machine may not name, because a seed could not repeat it; and what to use in its place. */
import { isNode, walk, type SourceFile, type SyntaxNode } from './source-file.ts';
import { PURE } from './walls.ts';

/** Names that are the world's, each with its replacement. */
export const IMPURE_NAMES: Readonly<Record<string, string>> = {
  Promise: 'answer through a callback or the next Ready; the driver waits',
  Date: 'time is an argument: nowMs',
  performance: 'time is an argument: nowMs',
  setTimeout: 'keep a deadline in Deadlines and wait for tick(nowMs)',
  setInterval: 'keep a deadline in Deadlines and wait for tick(nowMs)',
  setImmediate: 'ask the Scheduler port',
  queueMicrotask: 'ask the Scheduler port',
  process: 'take the setting as an option',
  console: 'use the Logger port',
  Buffer: 'use Uint8Array, DataView and encodeText',
  crypto: 'use the Random port',
  globalThis: 'name what is meant, so that it can be checked',
  fetch: 'use the network ports',
  WebSocket: 'use the network ports',
  TextEncoder: 'use encodeText of @hapax/base',
  TextDecoder: 'use decodeText of @hapax/base',
  Intl: 'format without the locale of the machine',
  WeakRef: 'garbage collection is not the same in every run; hold it, and drop it by rule',
  FinalizationRegistry: 'garbage collection is not the same in every run; release by rule',
};

/** Members whose result depends on the machine that runs them. */
export const IMPURE_MEMBERS: Readonly<Record<string, string>> = {
  'Math.random': 'use the Random port',
  localeCompare: 'compare with < and >',
  toLocaleString: 'format without the locale of the machine',
  toLocaleLowerCase: 'use toLowerCase',
  toLocaleUpperCase: 'use toUpperCase',
};

/** Whether a file must be synchronous and pure. */
export function mustBePure(file: SourceFile): boolean {
  return PURE.test(file.path);
}

/** Everything in a machine that a seed could not repeat. */
export function purityProblems(file: SourceFile): string[] {
  const problems: string[] = [];
  const report = (node: SyntaxNode, what: string, instead: string): void => {
    problems.push(`${file.path}:${file.lineAt(node.start)}: ${what} in a machine; ${instead}`);
  };
  const declared = declaredNames(file);
  walk(file.body, (node, parent, field) => {
    if (node['async'] === true) report(node, 'async', 'machines are synchronous; let the driver wait');
    const awaits = node.type === 'AwaitExpression' || (node.type === 'ForOfStatement' && node['await'] === true);
    if (awaits) report(node, 'await', 'machines are synchronous; let the driver wait');
    if (node.type === 'ForInStatement') report(node, 'for … in', 'iterate an array, a Map or a Set');
    if (node.type === 'MemberExpression') checkMember(node, report);
    if (node.type !== 'Identifier' || isOnlyAName(parent, field)) return;
    const name = String(node['name']);
    const instead = Object.hasOwn(IMPURE_NAMES, name) ? IMPURE_NAMES[name] : undefined;
    if (instead !== undefined && !declared.has(name)) report(node, name, instead);
  });
  return [...new Set(problems)];
}

function checkMember(node: SyntaxNode, report: (node: SyntaxNode, what: string, instead: string) => void): void {
  const property = node['property'];
  if (!isNode(property, 'Identifier') || node['computed'] === true) return;
  const object = node['object'];
  const owner = isNode(object, 'Identifier') ? String(object['name']) : '';
  const name = String(property['name']);
  for (const member of [name, `${owner}.${name}`]) {
    const instead = Object.hasOwn(IMPURE_MEMBERS, member) ? IMPURE_MEMBERS[member] : undefined;
    if (instead !== undefined) report(node, member, instead);
  }
}

/** `a.Date`, `{ process: … }`, `process(): void`: names of members, which are the machine's own. */
function isOnlyAName(parent: SyntaxNode | undefined, field: string): boolean {
  if (parent === undefined || parent['computed'] === true) return false;
  if (parent.type === 'MemberExpression') return field === 'property';
  if (parent.type === 'TSQualifiedName') return field === 'right';
  return field === 'key' && parent['shorthand'] !== true;
}

/** Names that the file declares or imports itself: `import { fetch } from './apis/fetch.ts'` is no network. */
function declaredNames(file: SourceFile): Set<string> {
  const names = new Set<string>();
  const add = (node: unknown): void => {
    if (isNode(node, 'Identifier')) names.add(String(node['name']));
  };
  walk(file.body, (node) => {
    if (/^Import(?:Default|Namespace)?Specifier$/u.test(node.type)) add(node['local']);
    if (/^(?:Function|Class|TSInterface|TSTypeAlias|Variable)/u.test(node.type)) add(node['id']);
    for (const parameter of Array.isArray(node['params']) ? (node['params'] as unknown[]) : []) add(parameter);
  });
  return names;
}
