/** The test projects: machines and packages (unit), the rules of the house (tidy), real processes (process). */
import { defineConfig } from 'vitest/config';

/** Only a test that hangs runs out of time: no test may depend on how fast, or how busy, the machine is. */
const HANGS_MS = 120_000;

/** Every package resolves to its sources (`exports` → `source`), so that tests run without a build. */
const conditions = ['source'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['packages/*/test/**/*.test.ts'],
          exclude: ['**/*.process.test.ts'],
          testTimeout: HANGS_MS,
        },
      },
      { extends: true, test: { name: 'tidy', include: ['tidy/**/*.test.ts'], testTimeout: HANGS_MS } },
      {
        // Tests that start real processes run one file at a time, and not beside the others: two cores are shared by
        // three nodes and a client.
        extends: true,
        test: {
          name: 'process',
          include: ['packages/*/test/**/*.process.test.ts', 'chaos-tests/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: HANGS_MS,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
