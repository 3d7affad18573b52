/** What a configuration key is: its type, default and bounds, and how its text becomes a value. */

/** The types of Kafka's configuration values. */
export type ConfigType = 'boolean' | 'int' | 'long' | 'double' | 'list' | 'string' | 'class';

/** The value behind a configuration's text. */
export type ConfigValue = boolean | number | string | readonly string[];

/** One configuration key. */
export interface ConfigDefinition {
  readonly name: string;
  readonly type: ConfigType;
  /** The text of the default; null where there is none, or where it depends on the cluster. */
  readonly default: string | null;
  /** What it does, in one sentence. */
  readonly doc: string;
  /** True where it can only be set when a node starts. */
  readonly readOnly: boolean;
  /** For a topic's key, the broker's key that gives its default; for a broker's key, the topic's. */
  readonly synonym?: string;
  /** For numbers: the lowest and highest value, both allowed. */
  readonly min?: number;
  readonly max?: number;
  /** For texts and lists: the words that are allowed. */
  readonly oneOf?: readonly string[];
  /** For lists: whether it may be empty. */
  readonly mayBeEmpty?: boolean;
}

/** The highest value of Kafka's `int`. */
export const INT_MAX = 2_147_483_647;
/** The text of the highest value of Kafka's `long`. */
export const LONG_MAX_TEXT = '9223372036854775807';
const LONG_MAX = 9_223_372_036_854_775_807n;
const LONG_MIN = -LONG_MAX - 1n;
/** How long the text of one value may be, in characters. */
const VALUE_LENGTH_MAX = 8192;

/** Why a text is no value for a key, or undefined where it is one. */
export function checkConfigText(definition: ConfigDefinition, text: string): string | undefined {
  const problem = problemOf(definition, text.trim());
  if (problem === undefined) return undefined;
  const shown = text.length > 100 ? `${text.slice(0, 100)}…` : text;
  return `Invalid value ${shown} for configuration ${definition.name}: ${problem}`;
}

/** The value of a text that {@link checkConfigText} accepted. Longs beyond 2⁵³ lose precision, not magnitude. */
export function parseConfigText(definition: ConfigDefinition, text: string): ConfigValue {
  const trimmed = text.trim();
  switch (definition.type) {
    case 'boolean':
      return trimmed.toLowerCase() === 'true';
    case 'int':
    case 'long':
    case 'double':
      return Number(trimmed);
    case 'list':
      return splitList(trimmed);
    case 'string':
    case 'class':
      return trimmed;
  }
}

/** The words of a list, without the space around them. */
export function splitList(text: string): string[] {
  const trimmed = text.trim();
  return trimmed === '' ? [] : trimmed.split(',').map((word) => word.trim());
}

function problemOf(definition: ConfigDefinition, text: string): string | undefined {
  if (text.length > VALUE_LENGTH_MAX) return `it has ${text.length} characters, over the limit of ${VALUE_LENGTH_MAX}`;
  switch (definition.type) {
    case 'boolean':
      return /^(true|false)$/i.test(text) ? undefined : 'Expected value to be either true or false';
    case 'int':
    case 'long':
      return wholeNumberProblem(definition, text);
    case 'double':
      return doubleProblem(definition, text);
    case 'list':
      return listProblem(definition, splitList(text));
    case 'string':
    case 'class':
      return definition.oneOf === undefined ? undefined : wordProblem(definition.oneOf, text);
  }
}

function wholeNumberProblem(definition: ConfigDefinition, text: string): string | undefined {
  if (!/^[+-]?\d{1,19}$/.test(text)) return `Not a number of type ${definition.type.toUpperCase()}`;
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  const highest = definition.type === 'int' ? BigInt(INT_MAX) : LONG_MAX;
  const lowest = definition.type === 'int' ? -BigInt(INT_MAX) - 1n : LONG_MIN;
  if (value > highest || value < lowest) return `Not a number of type ${definition.type.toUpperCase()}`;
  return boundsProblem(definition, Number(value));
}

function doubleProblem(definition: ConfigDefinition, text: string): string | undefined {
  const value = Number(text);
  if (text === '' || !Number.isFinite(value)) return 'Not a number of type DOUBLE';
  return boundsProblem(definition, value);
}

function boundsProblem(definition: ConfigDefinition, value: number): string | undefined {
  if (definition.min !== undefined && value < definition.min) return `Value must be at least ${definition.min}`;
  if (definition.max !== undefined && value > definition.max) return `Value must be no more than ${definition.max}`;
  return undefined;
}

function listProblem(definition: ConfigDefinition, words: readonly string[]): string | undefined {
  if (words.length === 0) return definition.mayBeEmpty === true ? undefined : 'The list must not be empty';
  if (new Set(words).size < words.length) return 'The list must not name a word twice';
  for (const word of words) {
    if (word === '') return 'The list must not hold an empty word';
    const problem = definition.oneOf === undefined ? undefined : wordProblem(definition.oneOf, word);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function wordProblem(allowed: readonly string[], word: string): string | undefined {
  return allowed.includes(word) ? undefined : `String must be one of: ${allowed.join(', ')}`;
}
