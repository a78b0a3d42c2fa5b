import { attribute_error } from '../errors.js'
import { is_options } from '../ops/keywords.js'

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
    const value: unknown = (namespace as Record<string, unknown>)[key]
    if (typeof value === 'function') found.set(value.name, [...(found.get(value.name) ?? []), value])
    else if (is_namespace(value)) names_in(value, found, seen)
  }
}

function is_namespace(value: unknown): value is object {
  return is_options(value) || (typeof value === 'object' && value?.[Symbol.toStringTag as never] === 'Module')
}

/**
 * Finds classes and functions among the exports of a user's module, and then among the library's own.
 *
 * @param exports the exports of the user's module, or null where none was given
 * @param where what errors call that module
 * @param library what the library exports
 * @throws AttributeError, in Python's words, for what is in neither
 */
export function make_finder(exports: object | null, where: string, library: object) {
  let own: Map<string, Named[]> | undefined
  return ({ name, source }: Importable): unknown => {
    const values = Object.values(exports ?? {})
    const direct = (exports as Record<string, unknown> | null)?.[name]
    const found = direct ?? values.find((value) => typeof value === 'function' && value.name === name)
    if (found !== undefined) return found
    if (own === undefined) names_in(library, (own = new Map()), new Set())
    const ours = own.get(name)?.find((value) => String(value) === source)
    if (ours !== undefined) return ours
    throw attribute_error(
      exports === null
        ? `Can't get attribute '${name}': a worker finds classes and functions by their names among the exports of a module; give that module to the DataLoader: { worker_module: import.meta.url }`
        : `Can't get attribute '${name}' on ${where}: it is not exported there`,
    )
  }
}
