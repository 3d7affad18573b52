/** Words that are not used here, each with the one that is: in names, in comments, and anywhere at all. */
import { walk, type SourceFile, type SyntaxNode } from './source-file.ts';

/** Parts of names (`maxIdx` has the parts `max` and `idx`) that are abbreviations, or mean two things. */
export const NAME_WORDS: Readonly<Record<string, string>> = {
  tid: 'transactionalId',
  txid: 'transactionalId',
  cfg: 'config',
  conf: 'config',
  msg: 'message',
  msgs: 'messages',
  ctx: 'context',
  req: 'request',
  resp: 'response',
  cb: 'callback, or what it does: done, respond',
  buf: 'bytes',
  idx: 'index',
  hwm: 'highWatermark',
  hw: 'highWatermark',
  leo: 'logEndOffset',
  lso: 'lastStableOffset',
  addr: 'address',
  fn: 'what it does',
  mgr: 'what it does',
  manager: 'what it does: coordinator, table, queue, driver',
  helper: 'what it does',
  util: 'what it does',
  utils: 'what it does',
  millis: 'Ms',
  secs: 'Seconds',
  master: 'leader or controller',
  slave: 'follower',
  whitelist: 'allowed',
  blacklist: 'denied',
};

/** Words that stand in comments where a reason should. */
export const COMMENT_WORDS: Readonly<Record<string, string>> = {
  obviously: 'leave it out',
  basically: 'leave it out',
  clearly: 'leave it out',
  'of course': 'leave it out',
  hopefully: 'say what makes it so',
  'for some reason': 'find the reason and write it down',
  'should never happen': 'assert it',
  whitelist: 'allowed',
  blacklist: 'denied',
};

/** Patterns that may stand in no file at all. */
export const ANYWHERE: readonly { readonly what: RegExp; readonly instead: string }[] = [
  { what: /\b(?:TO\x44O|FIX\x4dE|X\x58X)\b/u, instead: 'do it, or write an issue' },
  {
    what: /(?<![\w.])\/(?:work|root|home\/\w+|Users\/\w+)\//u,
    instead: 'name no folder of one machine; take it from import.meta.url or an option',
  },
  { what: /\b(?:\d{1,3}\.){3}\d{1,3}:4873\b|\bnpm\.pkg\.\w+|\/repository\/npm/u, instead: 'name no registry' },
  { what: /^(?:<{7}|>{7}) /mu, instead: 'finish the merge' },
];

/** Files that speak of the patterns themselves, or that others wrote. */
const EXEMPT = /^(?:LICENSE|tidy\/rules-words\.ts|tidy\/rules\.test\.ts)$/u;

/** Banned parts in the names that a file declares. */
export function nameWordProblems(file: SourceFile): string[] {
  const problems = new Set<string>();
  walk(file.body, (node, parent, field) => {
    if (node.type !== 'Identifier' || !isDeclared(parent, field)) return;
    const name = String(node['name']);
    for (const part of partsOf(name)) {
      const instead = Object.hasOwn(NAME_WORDS, part) ? NAME_WORDS[part] : undefined;
      if (instead === undefined) continue;
      problems.add(`${file.path}:${file.lineAt(node.start)}: "${part}" in ${name}; write ${instead}`);
    }
  });
  return [...problems];
}

/** Banned words in the comments of a file. */
export function commentWordProblems(file: SourceFile): string[] {
  return file.comments.flatMap(({ text, line }) => {
    return Object.entries(COMMENT_WORDS)
      .filter(([word]) => new RegExp(String.raw`\b${word}\b`, 'iu').test(text))
      .map(([word, instead]) => `${file.path}:${line}: "${word}" in a comment; ${instead}`);
  });
}

/** What may stand in no file. */
export function anywhereProblems(path: string, text: string): string[] {
  if (EXEMPT.test(path)) return [];
  return ANYWHERE.flatMap(({ what, instead }) => {
    const found = what.exec(text);
    if (found === null) return [];
    const line = text.slice(0, found.index).split('\n').length;
    return [`${path}:${line}: "${found[0].trim()}"; ${instead}`];
  });
}

/** Tests that are skipped or alone. `skipIf`, with a title that says so, is for what another machine has. */
export function skippedTestProblems(file: SourceFile): string[] {
  if (file.area !== 'test' && !file.path.endsWith('.test.ts')) return [];
  const problems: string[] = [];
  walk(file.body, (node) => {
    if (node.type !== 'MemberExpression') return;
    const source = file.text.slice(node.start, node.end);
    if (!/^(?:describe|test|it)(?:\.\w+)*\.(?:skip|only|todo|fails)$/u.test(source)) return;
    problems.push(`${file.path}:${file.lineAt(node.start)}: ${source}; let it run, or remove it`);
  });
  return problems;
}

/** Escapes from the type checker. */
export function escapeProblems(file: SourceFile): string[] {
  const problems: string[] = [];
  walk(file.body, (node) => {
    if (node.type !== 'TSAnyKeyword') return;
    problems.push(`${file.path}:${file.lineAt(node.start)}: any; write unknown and look`);
  });
  for (const { text, line } of file.comments) {
    const found = /@ts-(?:ignore|nocheck|expect-error)|oxlint-disable|eslint-disable/u.exec(text);
    // A test may expect that something does not compile.
    if (found?.[0] === '@ts-expect-error' && file.area === 'test') continue;
    if (found !== null) problems.push(`${file.path}:${line}: ${found[0]}; mend what it hides`);
  }
  return problems;
}

/** Whether a name is given here. Names that others gave (members, keys of what they take) are theirs. */
function isDeclared(parent: SyntaxNode | undefined, field: string): boolean {
  if (parent === undefined) return false;
  if (field === 'id' || field === 'params' || field === 'elements') return true;
  const member = /^(?:PropertyDefinition|MethodDefinition|TSPropertySignature|TSMethodSignature)$/u;
  return field === 'key' && member.test(parent.type);
}

/** `maxSizeBytes` → max, size, bytes; `MAX_SIZE` → max, size. */
function partsOf(name: string): string[] {
  return name.split(/(?<=[a-z0-9])(?=[A-Z])|_/u).map((part) => part.toLowerCase());
}
