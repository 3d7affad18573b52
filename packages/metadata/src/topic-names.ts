/** What a topic may be called. */

/** The longest name, in characters: a directory is named after it, with the partition. */
const TOPIC_NAME_LENGTH_MAX = 249;

/** Why a name is no topic's, or undefined where it may be one. */
export function checkTopicName(name: string): string | undefined {
  if (name === '') return 'the empty string is not allowed';
  if (name === '.' || name === '..') return `'${name}' is not allowed`;
  if (name.length > TOPIC_NAME_LENGTH_MAX) {
    return `the length of ${name.length} characters is over the limit of ${TOPIC_NAME_LENGTH_MAX}`;
  }
  if (/^[a-zA-Z0-9._-]+$/.test(name)) return undefined;
  return `'${name}' contains characters other than ASCII alphanumerics, '.', '_' and '-'`;
}

/** Names with the same form collide: metrics cannot tell `.` from `_`. */
export function collisionForm(name: string): string {
  return name.replaceAll('.', '_');
}
