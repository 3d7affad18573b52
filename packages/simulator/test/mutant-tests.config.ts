/** Runs the unit tests with one source in another form: `MUTANT_FILE` is replaced by what lies in `MUTANT_SOURCE`. */
import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

const { MUTANT_FILE, MUTANT_SOURCE, MUTANT_TESTS } = process.env;
if (MUTANT_FILE === undefined || MUTANT_SOURCE === undefined || MUTANT_TESTS === undefined) {
  throw new Error('MUTANT_FILE, MUTANT_SOURCE and MUTANT_TESTS say what is tested');
}
const source = readFileSync(MUTANT_SOURCE, 'utf8');
const conditions = ['source'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  plugins: [{
    name: 'mutant',
    enforce: 'pre',
    load: (id) => (id === MUTANT_FILE ? source : null),
  }],
  test: {
    include: [MUTANT_TESTS],
    exclude: ['**/*.process.test.ts'],
    bail: 1,
    fileParallelism: false,
    testTimeout: 60_000,
    reporters: ['dot'],
  },
});
