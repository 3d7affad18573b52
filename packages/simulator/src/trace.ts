/** What happened in a run: a hash over all of it, and the last lines of it for people. */
import type { Logger, LogFields } from '@hapax/base';

interface Line {
  readonly atMs: number;
  readonly source: string;
  readonly fields: LogFields;
  readonly message: string;
}

/** What goes into the hash: the end of an event with its time, a number, the length of a line or of a message. */
export type MixedKind = 'event' | 'number' | 'text' | 'bytes';

/** Hears of all that goes into the hash, with 32 bits of the hash after it. */
export type OnMixed = (kind: MixedKind, value: number, hash: number) => void;

/** Collects lines and the hash. Lines are put into words only when somebody asks. */
export class Trace {
  private readonly nowMs: () => number;
  private readonly keep: number;
  private readonly onLine: ((line: string) => void) | undefined;
  private readonly onMixed: OnMixed | undefined;
  private lines: Line[] = [];
  private low = 0x811c9dc5;
  private high = 0x1b873593;
  private readonly number = new DataView(new ArrayBuffer(8));

  /** `keep` is how many lines are remembered; `onLine` hears each of them at once, `onMixed` all that is hashed. */
  constructor(nowMs: () => number, keep: number, onLine?: (line: string) => void, onMixed?: OnMixed) {
    this.nowMs = nowMs;
    this.keep = keep;
    this.onLine = onLine;
    this.onMixed = onMixed;
  }

  /** The hash so far, as 16 hexadecimal digits. */
  get hash(): string {
    return hex(this.high) + hex(this.low);
  }

  /** An event is over. */
  endEvent(nowMs: number): void {
    this.mixNumber(nowMs);
    this.onMixed?.('event', nowMs, this.low ^ this.high);
  }

  /** Takes a number into the hash. */
  mix(value: number): void {
    this.mixNumber(value);
    this.onMixed?.('number', value, this.low ^ this.high);
  }

  /** Takes a text into the hash. */
  mixText(text: string): void {
    for (let at = 0; at < text.length; at++) this.mixWord(text.charCodeAt(at));
    this.onMixed?.('text', text.length, this.low ^ this.high);
  }

  /** Takes a message into the hash: its length and up to 64 bytes from each end. */
  mixBytes(bytes: Uint8Array): void {
    this.mixWord(bytes.length);
    for (let at = 0; at < Math.min(bytes.length, 64); at++) this.mixWord(bytes[at] as number);
    for (let at = Math.max(64, bytes.length - 64); at < bytes.length; at++) this.mixWord(bytes[at] as number);
    this.onMixed?.('bytes', bytes.length, this.low ^ this.high);
  }

  /** Notes a line; it counts towards the hash. */
  note(source: string, fields: LogFields, message: string): void {
    this.mixText(message);
    const line = { atMs: this.nowMs(), source, fields, message };
    this.lines.push(line);
    if (this.lines.length > this.keep * 2) this.lines = this.lines.slice(-this.keep);
    this.onLine?.(lineText(line));
  }

  /** The last lines, oldest first. */
  tail(): string[] {
    return this.lines.slice(-this.keep).map(lineText);
  }

  /** A logger whose lines come here; those of level debug are only for who listens to each line. */
  logger(source: string, fields: LogFields = {}): Logger {
    const write = (more: LogFields, message: string): void => this.note(source, { ...fields, ...more }, message);
    return {
      debug: (more, message) => {
        const line = { atMs: this.nowMs(), source, fields: { ...fields, ...more }, message };
        this.onLine?.(lineText(line));
      },
      info: write,
      warn: write,
      error: write,
      child: (more) => this.logger(source, { ...fields, ...more }),
    };
  }

  private mixNumber(value: number): void {
    this.number.setFloat64(0, value);
    this.mixWord(this.number.getUint32(0));
    this.mixWord(this.number.getUint32(4));
  }

  private mixWord(word: number): void {
    this.low = Math.imul(this.low ^ word, 0x01000193);
    this.high = Math.imul(this.high ^ (this.low >>> 13) ^ word, 0x85ebca6b);
  }
}

function lineText({ atMs, source, fields, message }: Line): string {
  return `${atMs.toFixed(3).padStart(10)} ${source.padEnd(10)} ${message} ${JSON.stringify(fields)}`;
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
