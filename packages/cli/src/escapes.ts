/** `\n`, `\t`, `\0` and `\x1f` on a command line, as the characters they stand for. */

const NAMED: Readonly<Record<string, string>> = { 'n': '\n', 't': '\t', 'r': '\r', '0': '\0', '\\': '\\' };

/** A text with its escapes replaced; unknown ones stay as they are. */
export function unescape(text: string): string {
  return text.replaceAll(/\\(?:x(?<hex>[0-9a-fA-F]{2})|(?<name>[ntr0\\]))/gu, (...found) => {
    const groups = found.at(-1) as { readonly hex?: string; readonly name?: string };
    return groups.hex === undefined ? (NAMED[groups.name ?? ''] ?? '') : String.fromCharCode(parseInt(groups.hex, 16));
  });
}
