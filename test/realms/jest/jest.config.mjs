import { fileURLToPath } from 'node:url'

const dist = fileURLToPath(new URL('../../../dist/', import.meta.url))

export default {
  rootDir: fileURLToPath(new URL('.', import.meta.url)),
  testMatch: ['**/*.jest.mjs'],
  transform: {},
  testEnvironment: 'node',
  // Beside the repository's package.json lie folders that hold copies of packages.
  haste: { forceNodeFilesystemAPI: true },
  modulePathIgnorePatterns: ['<rootDir>/../../../build'],
  moduleNameMapper: { '^typetorch$': `${dist}index.js`, '^typetorch/jest$': `${dist}jest.js` },
  setupFilesAfterEnv: ['typetorch/jest'],
}
