import { own } from '../own.js'
import type { Entry } from './call_types.js'
import {
  type Kind,
  keyword,
  keywords,
  of_objects,
  optional,
  optional_positional,
  type Parameter,
  positional,
  required,
  required_keyword,
  variadic,
} from './parameters.js'
import { Signature, shortcut } from './signature.js'

type Method = (this: unknown, ...args: readonly unknown[]) => unknown

/**
 * Lets methods of a class be called with keywords, as in Python; their types and defaults stand in the methods.
 *
 * A list reads like Python's: `'name, tensor, persistent?'`. `?` marks a parameter with a default, `*` alone starts the
 * keyword-only ones, `/` ends the positional-only ones, `*args` and `**kwargs` collect, and `{}` after a name lets plain
 * objects through as its value. The method itself takes all of them by position, in this order.
 *
 * @param type - the class; call this from a static block
 * @param lists - the parameters of each method by its name
 *
 * @example
 * ```ts
 * static {
 *   methods(Module, { load_state_dict: 'state_dict{}, strict?, assign?' })
 * }
 * ```
 */
export function methods(type: { readonly prototype: object }, lists: Readonly<Record<string, string>>): void {
  for (const [name, list] of Object.entries(lists)) wrap(type.prototype, name, parse(name, list))
}

/** As {@link methods}, for static methods. */
export function static_methods(type: object, lists: Readonly<Record<string, string>>): void {
  for (const [name, list] of Object.entries(lists)) wrap(type, name, parse(name, list))
}

/**
 * A function that also takes keywords, for functions whose overloads or type parameters a table cannot express.
 *
 * @param declared - the function's name and parameters, `'vmap(func, in_dims?, out_dims?)'`, as in {@link methods}
 * @param implementation - takes all of them by position; its types are kept
 */
export function keyworded<F extends (...args: never[]) => unknown>(declared: string, implementation: F): F {
  const [, name = '', list = ''] = /^(\w+)\((.*)\)$/.exec(declared) ?? []
  if (name === '') throw new Error(`'${declared}' is not a function's name and parameters`)
  const parameters = parse(name, list)
  return named(shortcut(parameters, implementation as unknown as Method), parameters) as unknown as F
}

function named(call: Method, parameters: Signature<readonly Entry[]>): Method {
  Object.defineProperty(call, 'name', { value: parameters.name, configurable: true })
  Object.defineProperty(call, 'length', { value: parameters.least, configurable: true })
  return call
}

function wrap(owner: object, name: string, parameters: Signature<readonly Entry[]>): void {
  const declared = Object.getOwnPropertyDescriptor(owner, name)
  if (typeof declared?.value !== 'function') throw new Error(`${name} is not a method of this class`)
  const call = named(shortcut(parameters, declared.value as Method), parameters)
  Object.defineProperty(owner, name, { ...declared, value: call })
}

function parse(name: string, list: string) {
  const items = list.split(',').map((item) => item.trim())
  const last_positional = items.indexOf('/')
  const star = items.findIndex((item) => item.startsWith('*') && !item.startsWith('**'))
  const table = items.flatMap((item, i) => {
    if (item === '' || item === '*' || item === '/') return []
    const { groups } = /^(?<stars>\*{0,2})(?<name>\w+)(?<objects>\{\})?(?<optional>\?)?$/.exec(item) ?? {}
    if (groups === undefined) throw new Error(`${name}: '${item}' is not a parameter`)
    const { stars, name: parameter, objects, optional } = own(groups)
    const declared = declare(stars!, i < last_positional, star >= 0 && i > star, optional !== undefined)
    return [{ [parameter!]: objects === undefined ? declared : of_objects(declared) }]
  })
  return new Signature(name, table)
}

function declare(
  stars: string,
  before: boolean,
  after: boolean,
  has_default: boolean,
): Parameter<unknown, Kind> {
  if (stars === '**') return keywords()
  if (stars === '*') return variadic()
  if (before) return has_default ? optional_positional<unknown>(undefined) : positional()
  if (after) return has_default ? keyword<unknown>(undefined) : required_keyword()
  return has_default ? optional<unknown>(undefined) : required()
}
