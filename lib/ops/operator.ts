import { runtime_error } from '../errors.js'
import type { Tensor } from '../tensor.js'
import { bind_overloads } from './bind.js'
import { overloads_named } from './schema.js'

/** An operator of the dispatcher, called with its schema's arguments. */
export type Operator = (...args: unknown[]) => Tensor

const bound = new Map<string, Operator>()

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
  }
  return found
}

/** Every overload of `namespace::name` as one function, as `torch.ops.aten.add`; undefined where there is none. */
export function packet(namespace: string, name: string): Operator | undefined {
  const overloads = overloads_named(`${namespace}::${name}`)
  if (overloads.length === 0) return undefined
  const facts = overloads.map((full) => full.slice(namespace.length + 2))
  // out= overloads are tried only where `out` (or the schema's own name for it) is given.
  return bind_overloads(name, facts.join(' '), namespace) as Operator
}

/** The operators of one namespace; each property is an operator, its own properties the single overloads. */
export type OperatorNamespace = {
  readonly [name: string]: Operator & { readonly [overload: string]: Operator }
}

function namespace_of(namespace: string): OperatorNamespace {
  const made = new Map<string, Operator>()
  return new Proxy({} as OperatorNamespace, {
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
  })
}

const namespaces = new Map<string, OperatorNamespace>()

interface Ops {
  readonly aten: OperatorNamespace
  readonly [namespace: string]: OperatorNamespace
}

/**
 * Every operator that LibTorch's dispatcher knows, also private ones and those of libraries loaded at run time:
 * `torch.ops.aten.add(x, y)`, `torch.ops.aten.add.Tensor(x, y)`. Private operators are unguarded, as in Python.
 *
 * @see https://docs.pytorch.org/docs/2.13/torch.html#operator-tags
 */
export const ops: Ops = new Proxy({} as Ops, {
  get(_, namespace) {
    if (typeof namespace !== 'string') return undefined
    let found = namespaces.get(namespace)
    if (found === undefined) namespaces.set(namespace, (found = namespace_of(namespace)))
    return found
  },
})
