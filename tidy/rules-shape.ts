/** Rules for the shape of a file: its size, its name, its opening sentence, its docstrings. */
import { isNode, walk, type SourceFile, type SyntaxNode } from './source-file.ts';

export const FILE_LINES_MAX = 400;
export const FUNCTION_LINES_MAX = 70;
export const LINE_COLUMNS_MAX = 120;

/** What a file may not be called, because it says nothing of what is in it. */
const NAMELESS: Readonly<Record<string, string>> = {
  utils: 'name it after what it exports',
  util: 'name it after what it exports',
  helpers: 'name it after what it exports',
  helper: 'name it after what it exports',
  common: 'name it after what it exports',
  shared: 'name it after what it exports',
  misc: 'name it after what it exports',
  manager: 'say what it does: coordinator, table, queue, driver',
  types: 'put each type beside what uses it',
  constants: 'put each constant beside what uses it',
};

/** Files of more than 400 lines. */
export function fileSizeProblems({ path, lines }: SourceFile): string[] {
  const count = lines.length - (lines.at(-1) === '' ? 1 : 0);
  return count > FILE_LINES_MAX ? [`${path}: ${count} lines, ${FILE_LINES_MAX} at most; one idea a file`] : [];
}

/** Lines of more than 120 columns. */
export function lineSizeProblems({ path, lines }: SourceFile): string[] {
  return lines.flatMap(({ length }, at) => {
    return length > LINE_COLUMNS_MAX ? [`${path}:${at + 1}: ${length} columns, ${LINE_COLUMNS_MAX} at most`] : [];
  });
}

/** Functions of more than 70 lines. The functions that only hold tests (`describe`) do not count. */
export function functionSizeProblems(file: SourceFile): string[] {
  const problems: string[] = [];
  walk(file.body, (node, parent) => {
    if (!/^(?:FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/u.test(node.type)) return;
    if (isDescribe(parent)) return;
    const first = file.lineAt(node.start);
    const count = file.lineAt(node.end) - first + 1;
    if (count <= FUNCTION_LINES_MAX) return;
    problems.push(`${file.path}:${first}: a function of ${count} lines, ${FUNCTION_LINES_MAX} at most`);
  });
  return problems;
}

/** File and folder names: kebab-case, and none that could hold anything. */
export function nameProblems(path: string): string[] {
  const problems: string[] = [];
  for (const part of path.split('/').slice(0, -1)) {
    if (!/^\.?[a-z0-9]+(?:[-.][a-z0-9]+)*$/u.test(part)) problems.push(`${path}: write folder ${part} in kebab-case`);
  }
  const stem = (path.split('/').at(-1) ?? '').replace(/\.ts$/u, '');
  if (!/^[a-z0-9]+(?:[-.][a-z0-9]+)*$/u.test(stem)) problems.push(`${path}: write the file name in kebab-case`);
  for (const word of stem.split(/[-.]/u)) {
    const instead = Object.hasOwn(NAMELESS, word) ? NAMELESS[word] : undefined;
    if (instead !== undefined) problems.push(`${path}: "${word}" says nothing; ${instead}`);
  }
  return problems;
}

/** Files that do not open with a sentence about what they are. An index only lists. */
export function openingProblems(file: SourceFile): string[] {
  if (file.path.endsWith('/index.ts')) return [];
  const first = file.comments[0];
  const opens = first?.block === true && first.text.startsWith('*') && first.start === startOfCode(file.text);
  if (!opens) return [`${file.path}:1: open the file with /** a sentence that says what it is. */`];
  // The first paragraph; what follows it may be a diagram or a list.
  const sentence = first.text.replaceAll(/^\s*\*+/gmu, '').trim().split(/\n\s*\n/u, 1)[0]?.trim() ?? '';
  if (sentence.length >= 15 && /[.:)`?\]]$/u.test(sentence)) return [];
  return [`${file.path}:1: the opening is not a sentence: "${sentence.slice(0, 60)}"`];
}

/** An index that does more than re-export. */
export function indexProblems(file: SourceFile): string[] {
  if (!file.path.endsWith('/index.ts')) return [];
  return file.body
    .filter(({ type, declaration }) => !/^Export(?:All|Named)Declaration$/u.test(type) || isNode(declaration))
    .map((node) => `${file.path}:${file.lineAt(node.start)}: an index only re-exports; move this to a file of its own`);
}

/** Exported functions and classes of the sources without a docstring. */
export function docstringProblems(file: SourceFile): string[] {
  if (file.area !== 'src') return [];
  const problems: string[] = [];
  for (const node of file.body) {
    const declaration = node['declaration'];
    if (node.type !== 'ExportNamedDeclaration' || !isNode(declaration)) continue;
    if (!/^(?:FunctionDeclaration|ClassDeclaration)$/u.test(declaration.type)) continue;
    if (hasDocstring(file, node)) continue;
    const name = isNode(declaration['id']) ? String(declaration['id']['name']) : 'this';
    problems.push(`${file.path}:${file.lineAt(node.start)}: say in a docstring what ${name} does`);
  }
  return problems;
}

function hasDocstring(file: SourceFile, node: SyntaxNode): boolean {
  const opening = file.comments[0];
  return file.comments.some((comment) => {
    if (!comment.block || !comment.text.startsWith('*') || comment.end > node.start) return false;
    const between = file.text.slice(comment.end, node.start);
    if (!/^(?:\s|\/\/[^\n]*\n)*$/u.test(between)) return false;
    // The opening of the file is no docstring, unless what follows at once is all that the file is about.
    return comment !== opening || comment.start !== startOfCode(file.text) || !between.includes('\n\n');
  });
}

function isDescribe(parent: SyntaxNode | undefined): boolean {
  if (parent?.type !== 'CallExpression') return false;
  let callee: unknown = parent['callee'];
  for (;;) {
    if (isNode(callee, 'CallExpression')) callee = callee['callee'];
    else if (isNode(callee, 'MemberExpression')) callee = callee['object'];
    else return isNode(callee, 'Identifier') && callee['name'] === 'describe';
  }
}

function startOfCode(text: string): number {
  return text.startsWith('#!') ? text.indexOf('\n') + 1 : 0;
}
