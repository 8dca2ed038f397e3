import { defineConfig } from 'vitest/config';

const parts = ['crds', 'kube', 'operator', 'gateway', 'runtime-image', 'local', 'charts'];

/**
 * `unit` stands beside the source, `integration` uses real parts (Redis, processes, sockets), `triggers` the real
 * servers of trigger sources, `crashes` kills parts amid thousands of calls, `e2e` drives a whole platform through
 * kubectl and HTTP.
 */
export default defineConfig({
  test: {
    // Each file starts real processes; more files at once than cores only makes timings noisy.
    maxWorkers: 2,
    unstubEnvs: true,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            ...parts.map((part) => `${part}/**/*.test.ts`),
            'test/{tools,harness,checks,run,bench,cluster,e2e/support}/**/*.test.ts',
          ],
          // Some bundle all sources or try thousands of inputs, which takes the whole of a core.
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'triggers',
          include: ['test/triggers/**/*.test.ts'],
          // Brokers take a core each when they start or come back: two files at once run into each other's deadlines.
          fileParallelism: false,
          testTimeout: 60_000,
          // What is not there yet is installed, or compiled.
          hookTimeout: 600_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'crashes',
          include: ['test/crashes/**/*.test.ts'],
          testTimeout: 300_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: ['test/e2e/support/**'],
          globalSetup: ['test/e2e/global-setup.ts'],
          // One platform for all files; tests that kill its parts must not meet others.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
