import { realpathSync } from 'node:fs'
import { runtime_error } from '../errors.js'
import { native } from '../native.js'
import { traps } from '../own.js'
import { ask_permission } from '../permission.js'
import type { Tensor } from '../tensor.js'
import { bind_overloads } from './bind.js'
import { forget_bound } from './plan.js'
import { forget_names, forget_overload, overloads_named } from './schema.js'

/** An operator of the dispatcher, called with its schema's arguments. */
export type Operator = (...args: unknown[]) => Tensor

const bound = new Map<string, Operator>()
const names = new WeakMap<object, string>()

/** `aten::add` of `torch.ops.aten.add`, `aten::add.Tensor`, `aten::sin.default` of single overloads; undefined for other values. */
export const name_of_operator = (op: object): string | undefined => names.get(op)

/**
 * One overload of any operator as a function over tensors, for our own code.
 *
 * @param full `aten::slice.Tensor`
 */
export function operator(full: string): Operator {
  let found = bound.get(full)
  if (found === undefined) {
    const [namespace, rest] = full.split('::') as [string, string]
    found = bind_overloads(rest.split('.')[0]!, rest, namespace) as Operator
    bound.set(full, found)
    names.set(found, rest.includes('.') ? full : `${full}.default`)
  }
  return found
}

/** Every overload of `namespace::name` as one function, as `torch.ops.aten.add`; undefined where there is none. */
export function packet(namespace: string, name: string): Operator | undefined {
  const overloads = overloads_named(`${namespace}::${name}`)
  if (overloads.length === 0) return undefined
  const facts = overloads.map((full) => full.slice(namespace.length + 2))
  // out= overloads are tried only where `out` (or the schema's own name for it) is given.
  const found = bind_overloads(name, facts.join(' '), namespace) as Operator
  names.set(found, `${namespace}::${name}`)
  return found
}

/** The operators of one namespace; each property is an operator, its own properties the single overloads. */
export type OperatorNamespace = {
  readonly [name: string]: Operator & { readonly [overload: string]: Operator }
}

const packets = new Map<string, Map<string, Operator>>()

function namespace_of(namespace: string): OperatorNamespace {
  const made = new Map<string, Operator>()
  packets.set(namespace, made)
  return new Proxy(
    {} as OperatorNamespace,
    traps({
      get(_, name) {
        if (typeof name !== 'string') return undefined
        let found = made.get(name)
        if (found === undefined) {
          found = packet(namespace, name)
          if (found === undefined)
            throw runtime_error(`'_OpNamespace' '${namespace}' object has no attribute '${name}'`)
          for (const full of overloads_named(`${namespace}::${name}`)) {
            const overload = full.split('.')[1] ?? 'default'
            Object.defineProperty(found, overload, {
              get: () => operator(full),
              enumerable: true,
              configurable: true,
            })
          }
          made.set(name, found)
        }
        return found
      },
    }),
  )
}

const namespaces = new Map<string, OperatorNamespace>()

/** Operators have come, as by a library that was opened. */
export function operators_have_come(): void {
  forget_names()
  for (const made of packets.values()) made.clear()
}

/** The operator `namespace::name.overload` has gone. */
export function operator_has_gone(full: string): void {
  forget_overload(full)
  forget_bound(full)
  bound.delete(full)
  const [namespace, rest] = full.split('::') as [string, string]
  packets.get(namespace)?.delete(rest.split('.')[0]!)
}

const loaded_libraries = new Set<string>()

/** Opens a shared library; the operators and kernels that it registers are there from then on. */
function load_library(path: string): void {
  let found = path
  try {
    found = realpathSync(path)
  } catch {
    // The loader says what it does not find.
  }
  ask_permission('load_library', found, 'read')
  native.open_library(found)
  loaded_libraries.add(found)
  operators_have_come()
}

const own = { load_library, loaded_libraries }

type Ops = { readonly aten: OperatorNamespace; readonly [namespace: string]: OperatorNamespace } & {
  /**
   * Opens a shared library, whose TORCH_LIBRARY registers operators: `torch.ops.<namespace>.<name>` from then on. The library
   * stays open until the process ends, for all of its threads.
   *
   * @param path of a `.so` that was linked against this LibTorch
   * @throws RuntimeError in the loader's words, where it cannot be opened
   * @see https://docs.pytorch.org/docs/2.13/notes/custom_operators.html
   */
  readonly load_library: (path: string) => void
  /** The paths of the libraries that were loaded. */
  readonly loaded_libraries: ReadonlySet<string>
}

/**
 * Every operator that LibTorch's dispatcher knows, also private ones and those of libraries loaded at run time:
 * `torch.ops.aten.add(x, y)`, `torch.ops.aten.add.Tensor(x, y)`. Private operators are unguarded, as in Python.
 *
 * @see https://docs.pytorch.org/docs/2.13/torch.html#operator-tags
 */
export const ops: Ops = new Proxy(
  {} as Ops,
  traps({
    get(_, namespace) {
      if (typeof namespace !== 'string') return undefined
      if (Object.hasOwn(own, namespace)) return own[namespace as keyof typeof own]
      let found = namespaces.get(namespace)
      if (found === undefined) namespaces.set(namespace, (found = namespace_of(namespace)))
      return found
    },
  }),
)
