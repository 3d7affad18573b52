/** Reads plain data field by field, and says what is wrong with it, where, and what to give. */
import { AppError } from '@hapax/base';

/** Which numbers are allowed, both ends included. */
interface NumberBounds {
  readonly min: number;
  readonly max: number;
  readonly isWhole?: boolean;
}

/** A value of a document, with the way to it. */
export class CheckedJson {
  /** Where it is: `steps[3].at`. */
  readonly path: string;
  readonly value: unknown;

  constructor(value: unknown, path: string) {
    this.value = value;
    this.path = path;
  }

  /** Throws `config-invalid`: the path, what was found there, and what to give. */
  refuse(give: string): never {
    const found = this.value === undefined ? 'missing' : JSON.stringify(this.value);
    const message = `${this.path === '' ? 'the document' : this.path} is ${found}: give ${give}`;
    throw new AppError('config-invalid', message, { retriable: false, definite: true });
  }

  /** The fields of an object that has no others than `names`. */
  object<Name extends string>(names: readonly Name[]): Readonly<Record<Name, CheckedJson>> {
    const fields = this.fields(`an object with ${names.join(', ')}`);
    for (const [name, field] of Object.entries(fields)) {
      if (!(names as readonly string[]).includes(name)) {
        throw new AppError('config-invalid', `${field.path} is not known: there is ${names.join(', ')}`, {
          retriable: false, definite: true,
        });
      }
    }
    return Object.fromEntries(names.map((name) => [name, fields[name] ?? new CheckedJson(undefined, this.at(name))])) as
      Record<Name, CheckedJson>;
  }

  /** The fields of an object, whatever they are called. */
  fields(give = 'an object'): Readonly<Record<string, CheckedJson>> {
    const { value } = this;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return this.refuse(give);
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, new CheckedJson(one, this.at(name))]));
  }

  list(): readonly CheckedJson[] {
    if (!Array.isArray(this.value)) return this.refuse('a list');
    return this.value.map((one: unknown, at) => new CheckedJson(one, `${this.path}[${at}]`));
  }

  /** A whole number, if `isWhole`, from `min` to `max`. */
  number({ min, max, isWhole = false }: NumberBounds): number {
    const { value } = this;
    const isFine = typeof value === 'number' && value >= min && value <= max && (!isWhole || Number.isInteger(value));
    return isFine ? value : this.refuse(`a ${isWhole ? 'whole ' : ''}number from ${min} to ${max}`);
  }

  text(): string {
    return typeof this.value === 'string' ? this.value : this.refuse('a text');
  }

  /** One of some texts. */
  oneOf<Choice extends string>(choices: readonly Choice[]): Choice {
    const found = choices.find((choice) => choice === this.value);
    const isShort = choices.length <= 12;
    return found ?? this.refuse(isShort ? choices.join(', ') : `one of the ${choices.length} names that there are`);
  }

  /** What `read` makes of it; undefined where it is missing. */
  optional<Value>(read: (value: this) => Value): Value | undefined {
    return this.value === undefined ? undefined : read(this);
  }

  private at(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }
}
