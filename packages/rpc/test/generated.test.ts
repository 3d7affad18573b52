/** The generated code is committed; this shows that it is what proto/ says. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { generate } from '../scripts/generate.ts';

test('the committed code is what pbjs makes of proto/ today, else run `npm run generate`', () => {
  for (const [name, text] of generate()) {
    const committed = readFileSync(new URL(`../src/generated/${name}`, import.meta.url), 'utf8');
    expect(committed === text, name).toBe(true);
  }
}, 60_000);
