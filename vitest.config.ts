import { defineConfig } from 'vitest/config'

const MINUTE_MS = 60_000

export default defineConfig({
  test: {
    reporters: ['default', './test/support/summary-reporter.ts'],
    // Two projects: what is quick and needs nothing, and the suites that start servers, clients and databases.
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/repository/*.test.ts'],
          setupFiles: ['./test/support/property-seed.ts'],
          testTimeout: MINUTE_MS,
          hookTimeout: MINUTE_MS,
        },
      },
      {
        test: {
          name: 'suites',
          include: ['test/**/*.test.ts'],
          exclude: ['test/repository/**'],
          testTimeout: 3 * MINUTE_MS,
          hookTimeout: 3 * MINUTE_MS,
          // Suites start whole servers and clients: one after the other, so that none starves another of the cores.
          fileParallelism: false,
        },
      },
    ],
  },
})
