import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

/** The address of tsx's programming interface, where the module's project has it. */
function tsx_for(address: string): string | undefined {
  const require = createRequire(address)
  try {
    const found = require('tsx/package.json') as {
      exports: Record<string, { import?: { default?: string } }>
    }
    const entry = found.exports['./esm/api']?.import?.default
    return entry && new URL(entry, pathToFileURL(require.resolve('tsx/package.json'))).href
  } catch {
    return undefined
  }
}

/**
 * The exports of a user's module. TypeScript that Node does not read by itself is read by tsx where the user's project has
 * it: tsx leaves worker threads alone.
 */
export async function import_module(address: string): Promise<object> {
  const reads_typescript = Boolean((process.features as { typescript?: unknown }).typescript)
  if (!reads_typescript && /^file:.*\.[cm]?tsx?$/.test(address)) {
    const tsx = tsx_for(address)
    if (tsx !== undefined) ((await import(tsx)) as { register(): void }).register()
  }
  return (await import(address)) as object
}
