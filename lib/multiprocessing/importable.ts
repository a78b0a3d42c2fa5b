import { attribute_error } from '../errors.js'
import { is_options } from '../ops/keywords.js'
import { own_value } from '../own.js'
import { import_module } from '../utils/data/_utils/import_module.js'

/** A class or a function, as another thread finds it: by name. `source` tells the library's own from others of its name. */
export interface Importable {
  name: string
  source: string
}

type Named = { readonly name: string }

/** Everything of the library that has a name, by that name. */
function names_in(namespace: object, found: Map<string, Named[]>, seen: Set<object>): void {
  if (seen.has(namespace)) return
  seen.add(namespace)
  for (const key of Object.keys(namespace)) {
    // torch.ops makes what is asked for.
    if (key === 'ops') continue
    const value: unknown = own_value(namespace as Record<string, unknown>, key)
    if (typeof value === 'function') found.set(value.name, [...(found.get(value.name) ?? []), value])
    else if (is_namespace(value)) names_in(value, found, seen)
  }
}

function is_namespace(value: unknown): value is object {
  return is_options(value) || (typeof value === 'object' && value?.[Symbol.toStringTag as never] === 'Module')
}

/**
 * Imports a user's module, and finds classes and functions among its exports and then among the library's own.
 *
 * @param worker_module the address of the user's module, or null where none was given
 * @param library what the library exports
 * @param giver what the user's module is given to
 * @returns throws AttributeError, in Python's words, for what is in neither
 */
export async function import_finder(
  worker_module: string | null,
  library: object,
  giver: string,
): Promise<(what: Importable) => unknown> {
  const exports = worker_module === null ? null : await import_module(worker_module)
  let own: Map<string, Named[]> | undefined
  return ({ name, source }: Importable): unknown => {
    const values = Object.values(exports ?? {})
    const direct = own_value(exports as Record<string, unknown> | null, name)
    const found = direct ?? values.find((value) => typeof value === 'function' && value.name === name)
    if (found !== undefined) return found
    if (own === undefined) names_in(library, (own = new Map()), new Set())
    const ours = own.get(name)?.find((value) => String(value) === source)
    if (ours !== undefined) return ours
    throw attribute_error(
      exports === null
        ? `Can't get attribute '${name}': a worker finds classes and functions by their names among the exports of a module; give that module to ${giver}: { worker_module: import.meta.url }`
        : `Can't get attribute '${name}' on ${worker_module}: it is not exported there`,
    )
  }
}

let here: (what: Importable) => unknown = ({ name }) => {
  throw attribute_error(`Can't get attribute '${name}'`)
}

/** Says where this thread finds what other threads send it. */
export function find_by(finder: typeof here): void {
  here = finder
}

/** Finds a class or a function that another thread has sent. */
export const find_here = (what: Importable): unknown => here(what)
