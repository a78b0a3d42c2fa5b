import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { own_value } from '../../../own.js'

/** The address of tsx's programming interface, where the module's project has it. */
function tsx_for(address: string): string | undefined {
  const require = createRequire(address)
  try {
    const found = require('tsx/package.json') as {
      exports: Record<string, { import?: { default?: string } }>
    }
    const entry = own_value(own_value(own_value(found.exports, './esm/api'), 'import'), 'default')
    return entry && new URL(entry, pathToFileURL(require.resolve('tsx/package.json'))).href
  } catch {
    return undefined
  }
}

const registered = new Map<string, Promise<unknown>>()

// Once a thread: each registration puts another loader in front of those before, and every import passes through all.
function register_once(tsx: string): Promise<unknown> {
  let registration = registered.get(tsx)
  if (registration === undefined) {
    registration = import(tsx).then(({ register }: { register(): void }) => register())
    registered.set(tsx, registration)
  }
  return registration
}

/**
 * Imports a user's module. TypeScript that Node does not read by itself is read by tsx where the user's project has it:
 * tsx leaves worker threads alone.
 */
export async function import_module(address: string): Promise<object> {
  const reads_typescript = Boolean(own_value(process.features as { typescript?: unknown }, 'typescript'))
  if (!reads_typescript && /^file:.*\.[cm]?tsx?$/.test(address)) {
    const tsx = tsx_for(address)
    if (tsx !== undefined) await register_once(tsx)
  }
  return (await import(address)) as object
}
