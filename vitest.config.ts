import { defineConfig } from 'vitest/config'

/** Stories start real hosts and measure them, so they run one after the other; everything else runs side by side. */
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/story/**'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'story',
          include: ['test/story/**/*.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          // What a page does next takes as long as the machine has other things to do.
          expect: { poll: { timeout: 30_000 } },
        },
      },
    ],
  },
})
