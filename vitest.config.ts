import { defineConfig } from 'vitest/config';

/**
 * `unit`: real servers on free ports, but no Engine; under 15 s in all.
 * `scenarios`: whole actions and libraries as child processes, still without an Engine.
 * `end-to-end`: the real Engine, registry, emulator and runner; their set-up is test/end-to-end/setup.ts.
 */
const scenarios = [
  'test/report/scenarios.test.ts',
  'test/deploy/faults.test.ts',
  'test/deploy/scenarios.test.ts',
  'test/deploy/shift.test.ts',
  'test/deploy/rollback.test.ts',
  'test/deploy/many.test.ts',
  'test/deploy/permissions.test.ts',
  'test/deploy/url.test.ts',
  'test/deploy/create.test.ts',
  'test/deploy/secrets.test.ts',
  'test/build/docker-container.test.ts',
  'test/build/secrets.test.ts',
  'test/support/cache-service.test.ts',
];

export default defineConfig({
  test: {
    // More than cores: much of the time the tests wait for child processes and servers.
    maxWorkers: 4,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/end-to-end/**', ...scenarios],
        },
      },
      { test: { name: 'scenarios', include: scenarios, testTimeout: 60_000, hookTimeout: 60_000 } },
      {
        test: {
          name: 'end-to-end',
          include: ['test/end-to-end/**/*.test.ts'],
          globalSetup: ['test/end-to-end/setup.ts'],
          // One Engine on two cores: files run one after another so that their timings and states stay apart.
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
