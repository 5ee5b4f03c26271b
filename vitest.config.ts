import { defineConfig } from 'vitest/config';

/**
 * `unit`: real servers on free ports and child processes, but no Engine; under 15 s in all.
 * `end-to-end`: the real Engine, registry, emulator and runner; their set-up is test/end-to-end/setup.ts.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/end-to-end/**'],
        },
      },
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
