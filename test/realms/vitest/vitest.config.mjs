import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const dist = fileURLToPath(new URL('../../../dist/', import.meta.url))

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  resolve: {
    alias: [
      { find: /^typetorch$/, replacement: `${dist}index.js` },
      { find: /^typetorch\/vitest$/, replacement: `${dist}vitest.js` },
    ],
  },
  test: {
    include: ['*.suite.mjs'],
    setupFiles: ['typetorch/vitest'],
    server: { deps: { external: [/\/dist\//] } },
  },
})
