import { assertion_error, runtime_error, type_error, value_error } from '../errors.js'
import { IDENTITY, next_identity } from '../identity.js'
import { native } from '../native.js'
import { operator_has_gone, operators_have_come } from '../ops/operator.js'
import { overloads_named } from '../ops/schema.js'
import { type Kernel, raw_kernel } from './kernel.js'

/** What a {@link Library} is made for. */
export type LibraryKind = 'DEF' | 'IMPL' | 'FRAGMENT'

/** Stands for a kernel that hands the call on to the next dispatch key. */
export function fallthrough_kernel(): never {
  throw runtime_error('fallthrough_kernel() should never be called.')
}

const taken = new Set<string>()

/**
 * Registers operators of a namespace, or kernels for operators that are there. What it registered goes with `_destroy()`, at
 * the end of a `using` block, or with the thread that made it.
 *
 * @param ns the namespace
 * @param kind `DEF` begins a namespace, `FRAGMENT` adds operators to one, `IMPL` adds kernels only
 * @param dispatch_key of the kernels for which `impl` is given none
 * @throws ValueError for another kind, RuntimeError where the namespace has its `DEF` already
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * import type { Tensor } from 'typetorch'
 *
 * const library = new torch.library.Library('doc_library', 'DEF')
 * library.define('twice(Tensor x) -> Tensor')
 * library.impl('twice', (x: Tensor) => x.mul(2), 'CPU')
 * torch.ops.doc_library!.twice!(torch.ones(2)) // tensor([2., 2.])
 * ```
 * @see https://docs.pytorch.org/docs/2.13/library.html#torch.library.Library
 */
export class Library implements Disposable {
  /** @internal */
  readonly [IDENTITY]: string = next_identity()
  readonly #place: number
  #alive = true
  readonly #defined: string[] = []
  readonly #implemented: string[] = []

  constructor(
    readonly ns: string,
    readonly kind: LibraryKind,
    readonly dispatch_key: string = '',
  ) {
    if (!['IMPL', 'DEF', 'FRAGMENT'].includes(kind)) throw value_error(`Unsupported kind: ${kind}`)
    if (typeof ns !== 'string') throw type_error(`Library(): argument 'ns' must be str, not ${typeof ns}`)
    if (ns === 'prim' && kind !== 'IMPL')
      throw value_error(`${ns} is a reserved namespace. Please try creating a library with another name.`)
    this.#place = native.open_registration(ns, kind, dispatch_key)
  }

  #check(): void {
    if (!this.#alive) throw assertion_error('Library object has been destroyed')
  }

  /**
   * Defines an operator.
   *
   * @param schema as `sum(Tensor self, int dim, *, float scale=1.0) -> Tensor`
   * @param alias_analysis `CONSERVATIVE` where the schema does not say what aliases what
   * @returns its name
   */
  define(schema: string, alias_analysis: '' | 'FROM_SCHEMA' | 'CONSERVATIVE' = ''): string {
    if (!['', 'FROM_SCHEMA', 'CONSERVATIVE'].includes(alias_analysis))
      throw runtime_error(`Invalid alias_analysis type ${String(alias_analysis)}`)
    this.#check()
    const full = native.define_operator(this.#place, schema, alias_analysis)
    this.#defined.push(full)
    operator_has_gone(full)
    operators_have_come()
    return full.slice(full.indexOf('::') + 2)
  }

  /**
   * Registers a kernel. It is called on the thread that registered it, with the arguments of the schema, keyword-only ones in a
   * trailing object; elsewhere the call is an Error.
   *
   * @param op_name the operator, as `sum` or `sum.dim`
   * @param fn the kernel, or {@link fallthrough_kernel}
   * @param dispatch_key `CPU`, `Meta`, `Autograd`, `CompositeExplicitAutograd`, …; default: the library's, else
   *   `CompositeImplicitAutograd`
   * @throws RuntimeError where this process has a kernel of ours for the operator and key
   */
  impl(op_name: string, fn: Kernel | typeof fallthrough_kernel, dispatch_key = ''): void {
    this.#check()
    if (typeof fn !== 'function')
      throw type_error(`Input function is required to be a callable but found type ${typeof fn}`)
    const key = dispatch_key || this.dispatch_key || 'CompositeImplicitAutograd'
    const own = op_name.includes('::') ? op_name : `${this.ns}::${op_name}`
    if (!own.startsWith(`${this.ns}::`))
      throw runtime_error(
        `Operator name '${op_name}' is not of the namespace '${this.ns}' that this library was made for`,
      )
    if (!overloads_named(own.split('.')[0]!).includes(own))
      throw runtime_error(`Could not find schema for ${own}: define the operator before its kernel`)
    const entry = `${own}/${key}`
    if (taken.has(entry))
      throw runtime_error(
        `This is not allowed since there's already a kernel registered from TypeScript overriding ${own.slice(
          own.indexOf('::') + 2,
        )}'s behavior for ${key} dispatch key and ${this.ns} namespace.`,
      )
    const kernel = fn === fallthrough_kernel ? null : raw_kernel(own, fn as Kernel)
    native.implement_operator(this.#place, own, key, kernel)
    taken.add(entry)
    this.#implemented.push(entry)
  }

  /** Takes back what it registered; operators that it defined are gone. */
  _destroy(): void {
    if (!this.#alive) return
    this.#alive = false
    native.close_registration(this.#place)
    for (const entry of this.#implemented) taken.delete(entry)
    for (const full of this.#defined) operator_has_gone(full)
  }

  [Symbol.dispose](): void {
    this._destroy()
  }
  /** The object itself: comparing by value does not go by the printed form. */
  valueOf(): this {
    return this
  }

  toString(): string {
    return `Library(kind=${this.kind}, ns=${this.ns}, dispatch_key=${this.dispatch_key})>`
  }
}
