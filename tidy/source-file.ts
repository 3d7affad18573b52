/** A source file as the rules see it: its text, its lines, its imports and exports, and its syntax tree. */
import { parseSync } from 'oxc-parser';

/** Where in a package a file lies. Files outside packages (this folder, the configuration) are `root`. */
export type Area = 'src' | 'test' | 'scripts' | 'root';

/** One import, or re-export, of a file. */
export interface ImportOf {
  readonly from: string;
  readonly line: number;
  /** Nothing but types come in: gone at run time. */
  readonly typeOnly: boolean;
}

/** A name that a file declares and exports. */
export interface ExportOf {
  readonly name: string;
  readonly line: number;
  readonly start: number;
}

/** A node of the syntax tree (ESTree); rules look at the few fields that they need. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export interface Comment {
  readonly text: string;
  readonly block: boolean;
  readonly start: number;
  readonly end: number;
  readonly line: number;
}

export interface SourceFile {
  /** From the root of the repository, with slashes. */
  readonly path: string;
  /** The folder below packages/; undefined outside. */
  readonly package: string | undefined;
  readonly area: Area;
  readonly text: string;
  readonly lines: readonly string[];
  readonly imports: readonly ImportOf[];
  readonly exports: readonly ExportOf[];
  readonly comments: readonly Comment[];
  readonly body: readonly SyntaxNode[];
  lineAt(position: number): number;
}

const PLACE = /^packages\/(?<name>[^/]+)\/(?<area>src|test|scripts)\//u;

/** Parses a file. Throws where it is no TypeScript. */
export function sourceFile(path: string, text: string): SourceFile {
  const parsed = parseSync(path, text);
  const error = parsed.errors[0];
  if (error !== undefined) throw new Error(`${path} cannot be parsed: ${error.message}`);
  const place = PLACE.exec(path)?.groups;
  const lineStarts = startsOfLines(text);
  const lineAt = (position: number): number => lineOf(lineStarts, position);
  return {
    path,
    package: place?.['name'],
    area: (place?.['area'] as Area | undefined) ?? 'root',
    text,
    lines: text.split('\n'),
    imports: importsOf(parsed, lineAt),
    exports: exportsOf(parsed, lineAt),
    comments: parsed.comments.map(({ type, value, start, end }) => {
      return { text: value, block: type === 'Block', start, end, line: lineAt(start) };
    }),
    body: parsed.program.body as unknown as readonly SyntaxNode[],
    lineAt,
  };
}

/** Visits every node below these, parents first. A field's name says how the parent holds the node. */
export function walk(
  nodes: readonly SyntaxNode[],
  visit: (node: SyntaxNode, parent: SyntaxNode | undefined, field: string) => void,
): void {
  for (const node of nodes) walkNode(node, undefined, 'body', visit);
}

/** Whether a value in a tree is a node of this type. */
export function isNode(value: unknown, type?: string): value is SyntaxNode {
  if (typeof value !== 'object' || value === null) return false;
  const found = (value as { type?: unknown }).type;
  return typeof found === 'string' && (type === undefined || found === type);
}

function walkNode(
  node: SyntaxNode,
  parent: SyntaxNode | undefined,
  field: string,
  visit: (node: SyntaxNode, parent: SyntaxNode | undefined, field: string) => void,
): void {
  visit(node, parent, field);
  for (const [name, value] of Object.entries(node)) {
    const children: readonly unknown[] = Array.isArray(value) ? value : [value];
    for (const child of children) if (isNode(child)) walkNode(child, node, name, visit);
  }
}

type Parsed = ReturnType<typeof parseSync>;

function importsOf(parsed: Parsed, lineAt: (position: number) => number): ImportOf[] {
  const imports: ImportOf[] = [];
  const { staticImports, staticExports } = parsed.module;
  for (const { moduleRequest, entries, start } of staticImports) {
    const typeOnly = entries.length > 0 && entries.every(({ isType }) => isType);
    imports.push({ from: moduleRequest.value, line: lineAt(start), typeOnly });
  }
  for (const { entries } of staticExports) {
    for (const { moduleRequest, start, isType } of entries) {
      if (moduleRequest) imports.push({ from: moduleRequest.value, line: lineAt(start), typeOnly: isType });
    }
  }
  walk(parsed.program.body as unknown as readonly SyntaxNode[], (node) => {
    if (node.type !== 'ImportExpression' && node.type !== 'TSImportType') return;
    const source = node['source'];
    if (isNode(source, 'Literal') && typeof source['value'] === 'string') {
      imports.push({ from: source['value'], line: lineAt(node.start), typeOnly: node.type === 'TSImportType' });
    }
  });
  return imports;
}

function exportsOf(parsed: Parsed, lineAt: (position: number) => number): ExportOf[] {
  const exports: ExportOf[] = [];
  for (const { entries, start } of parsed.module.staticExports) {
    for (const { exportName, moduleRequest } of entries) {
      if (moduleRequest || !exportName.name) continue;
      exports.push({ name: exportName.name, line: lineAt(start), start });
    }
  }
  return exports;
}

function startsOfLines(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

function lineOf(starts: readonly number[], position: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= position) low = middle;
    else high = middle - 1;
  }
  return low + 1;
}
