import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const entry = fileURLToPath(new URL('dist/index.js', import.meta.url))

export default defineConfig({
  // Tests import the package by its name and run what was built, as its users do.
  resolve: { alias: [{ find: /^typetorch$/, replacement: entry }] },
  test: {
    include: ['test/**/*.test.ts'],
    // npm run test:gc
    setupFiles: process.env['TYPETORCH_TEST_GC'] ? ['test/helpers/collect_always.ts'] : [],
    pool: 'forks',
    // Its default leaves a core of two idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 60_000,
    hookTimeout: 60_000,
    server: { deps: { external: [/\/dist\//] } },
  },
})
