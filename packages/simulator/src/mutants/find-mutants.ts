/** Automatic mutants: every place of a source where one small slip of the hand would be a bug of the protocol. */
import { parseSync } from 'oxc-parser';

/** The slips: each is one that has happened to somebody. */
export type Operator =
  /** A check that leaves early is gone. */
  | 'drop-guard'
  /** One of two conditions is forgotten. */
  | 'weaken-condition'
  /** The edge of a range is taken for inside, or the other way round. */
  | 'move-boundary'
  /** An offset, epoch or index is off by one. */
  | 'off-by-one'
  /** An effect is forgotten. */
  | 'drop-effect'
  /** Two effects come in the wrong order: an answer before the write, say. */
  | 'swap-effects';

/** One change of one file. */
export interface Mutant {
  /** From the root of the repository. */
  readonly file: string;
  readonly line: number;
  readonly operator: Operator;
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** All mutants of a source: outer places before those within. */
export function findMutants(file: string, source: string): Mutant[] {
  const mutants: Mutant[] = [];
  const add = (operator: Operator, { start, end }: Pick<Node, 'start' | 'end'>, replacement: string): void => {
    const line = source.slice(0, start).split('\n').length;
    mutants.push({ file, line, operator, start, end, replacement });
  };
  const text = (node: unknown): string => source.slice((node as Node).start, (node as Node).end);
  visit(parseSync(file, source).program as unknown as Node, (node) => {
    if (isGuard(node)) add('drop-guard', node, ';');
    if (node.type === 'LogicalExpression' && node['operator'] !== '??') {
      add('weaken-condition', node, text(node['left']));
      add('weaken-condition', node, text(node['right']));
    }
    if (node.type === 'BinaryExpression') {
      const { left, right } = node;
      const boundary = BOUNDARIES[String(node['operator'])];
      if (boundary !== undefined) add('move-boundary', node, `${text(left)} ${boundary} ${text(right)}`);
      const isStep = ['+', '-'].includes(String(node['operator'])) && text(right) === '1';
      if (isStep) add('off-by-one', node, `(${text(left)})`);
    }
    for (const [at, statement] of statementsOf(node).entries()) {
      if (!isEffect(statement, text)) continue;
      add('drop-effect', statement, ';');
      const next = statementsOf(node)[at + 1];
      if (next === undefined || !isEffect(next, text)) continue;
      // Fields that are set one after the other may be set in any order.
      if (isSetting(statement) && isSetting(next)) continue;
      add('swap-effects', { start: statement.start, end: next.end }, `${text(next)}\n${text(statement)}`);
    }
  });
  return mutants;
}

/** The source with the mutant in it. */
export function withMutant(source: string, { start, end, replacement }: Mutant): string {
  return source.slice(0, start) + replacement + source.slice(end);
}

const BOUNDARIES: Readonly<Record<string, string>> = { '<': '<=', '<=': '<', '>': '>=', '>=': '>' };

/** What only tells or checks changes no behaviour. */
const TELLING = /\b(?:logger|assert|demand|log\.(?:debug|info|warn)|onLine)\b/u;

function isGuard(node: Node): boolean {
  if (node.type !== 'IfStatement' || (node['alternate'] ?? null) !== null) return false;
  const consequent = node['consequent'] as Node;
  const body = consequent.type === 'BlockStatement' ? consequent['body'] as readonly Node[] : [consequent];
  return body.length === 1 && LEAVING.has(body[0]?.type ?? '');
}

const LEAVING = new Set(['ReturnStatement', 'ThrowStatement', 'ContinueStatement', 'BreakStatement']);

function isEffect(node: Node, text: (node: Node) => string): boolean {
  if (node.type !== 'ExpressionStatement') return false;
  const { type } = node['expression'] as Node;
  return EFFECTS.has(type) && !TELLING.test(text(node));
}

function isSetting(statement: Node): boolean {
  return (statement['expression'] as Node).type !== 'CallExpression';
}

const EFFECTS = new Set(['CallExpression', 'AssignmentExpression', 'UpdateExpression']);

function statementsOf(node: Node): readonly Node[] {
  if (node.type !== 'BlockStatement' && node.type !== 'FunctionBody') return [];
  return node['body'] as readonly Node[];
}

function visit(node: Node, see: (node: Node) => void): void {
  see(node);
  for (const child of Object.values(node)) {
    for (const one of Array.isArray(child) ? child : [child]) if (isNode(one)) visit(one, see);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}
