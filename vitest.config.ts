/** The test projects: machines and packages (unit), the rules of the house (tidy), real processes (process). */
import { defineConfig } from 'vitest/config';

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
        },
      },
      { extends: true, test: { name: 'tidy', include: ['tidy/**/*.test.ts'] } },
      {
        // Tests that start real processes run one file at a time: two cores are shared by three nodes and a client.
        extends: true,
        test: {
          name: 'process',
          include: ['packages/*/test/**/*.process.test.ts', 'chaos-tests/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
