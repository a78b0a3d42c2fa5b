import { AssertionError } from 'node:assert'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import * as errors from '../../../errors.js'
import { own_value } from '../../../own.js'
import { is_error } from '../../../realm.js'
import { import_module } from './import_module.js'

/** An error's class as another thread finds it: by its name and text. */
export interface ClassName {
  name: string
  source: string
}

export type ErrorClass = abstract new (...args: never[]) => Error

const is_error_class = (value: unknown): value is ErrorClass =>
  typeof value === 'function' && (value === Error || is_error(value.prototype))

const class_name = (type: { name: string }): ClassName => ({ name: type.name, source: String(type) })

/** The classes of an error, its own first. */
export function classes_of(error: object): ClassName[] {
  const found: ClassName[] = []
  for (let at: unknown = Object.getPrototypeOf(error); at !== null; at = Object.getPrototypeOf(at)) {
    const type = Object.hasOwn(at as object, 'constructor') ? (at as object).constructor : undefined
    if (is_error_class(type)) found.push(class_name(type as ErrorClass & { name: string }))
  }
  return found
}

const among = (values: Iterable<unknown>, { name, source }: ClassName): ErrorClass | undefined => {
  for (const value of values)
    if (is_error_class(value) && (value as { name: string }).name === name && String(value) === source)
      return value
  return undefined
}

const own: unknown[] = [...Object.values(errors), AssertionError]

/** A class of JavaScript's, Node's or the library's. */
export function known_class(what: ClassName): ErrorClass | undefined {
  return among([own_value(globalThis as Record<string, unknown>, what.name), ...own], what)
}

// Modules of the user's that were imported here, by their addresses.
const imported = new Map<string, object>()

/** A module's exports where they can be had at once; it is loaded already, or its classes could not be here. */
function exports_now(address: string): object {
  const found = imported.get(address)
  if (found !== undefined) return found
  if (!/\.[cm]?js$/.test(address)) return {}
  try {
    const exports = createRequire(address)(fileURLToPath(address)) as object
    imported.set(address, exports)
    return exports
  } catch {
    // Node before 22.12 without a flag, or a module with an await of its own.
    return {}
  }
}

/** A class that the user's module exports, where that can be told at once. */
export function exported_class(what: ClassName, worker_module: string | null): ErrorClass | undefined {
  return worker_module === null ? undefined : among(Object.values(exports_now(worker_module)), what)
}

/** Waits for the user's module, so that {@link exported_class} knows it. One that waits for us is not waited for. */
export async function settle_module(worker_module: string): Promise<void> {
  if (imported.has(worker_module)) return
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((take) => {
    timer = setTimeout(take, 500)
  })
  const exports = import_module(worker_module).then(
    (found) => void imported.set(worker_module, found),
    () => {},
  )
  await Promise.race([exports, late])
  clearTimeout(timer)
}
