import { not_implemented_error, type_error } from '../errors.js'
import { keyworded } from '../python/methods.js'
import { required } from '../python/parameters.js'
import { callable, signature } from '../python/signature.js'
import type { Tensor } from '../tensor.js'
import { Distribution } from './distribution.js'

/** A class of distributions. */
export type DistributionClass<D extends Distribution = Distribution> = abstract new (...args: never[]) => D

/** KL(p ‖ q) of two distributions. */
export type Divergence<P extends Distribution, Q extends Distribution> = (p: P, q: Q) => Tensor

type Entry = { p: DistributionClass; q: DistributionClass; divergence: Divergence<never, never> }

const registry: Entry[] = []
const found = new Map<unknown, Map<unknown, Entry | null>>()

function expect_class(value: unknown, name: string): void {
  const prototype: unknown = (value as { prototype?: unknown } | null)?.prototype
  if (typeof value !== 'function' || (value !== Distribution && !(prototype instanceof Distribution)))
    throw type_error(`Expected ${name} to be a Distribution subclass but got ${String(value)}`)
}

function own_register_kl<P extends Distribution, Q extends Distribution>(
  type_p: DistributionClass<P>,
  type_q: DistributionClass<Q>,
  divergence: Divergence<P, Q>,
): Divergence<P, Q>
function own_register_kl<P extends Distribution, Q extends Distribution>(
  type_p: DistributionClass<P>,
  type_q: DistributionClass<Q>,
): (divergence: Divergence<P, Q>) => Divergence<P, Q>
function own_register_kl<P extends Distribution, Q extends Distribution>(
  type_p: DistributionClass<P>,
  type_q: DistributionClass<Q>,
  divergence?: Divergence<P, Q>,
): unknown {
  expect_class(type_p, 'type_p')
  expect_class(type_q, 'type_q')
  if (divergence === undefined)
    return (given: Divergence<P, Q>) => own_register_kl<P, Q>(type_p, type_q, given)
  const place = registry.findIndex(({ p, q }) => p === type_p && q === type_q)
  const entry: Entry = { p: type_p, q: type_q, divergence }
  if (place < 0) registry.push(entry)
  else registry[place] = entry
  found.clear()
  return divergence
}

/**
 * Registers how KL(p ‖ q) is computed for two classes, and for their subclasses where nothing closer is registered.
 *
 * @param type_p - p's class
 * @param type_q - q's class
 * @param divergence - the function; without it, what takes one is returned, as Python's decorator
 * @throws TypeError unless both types are subclasses of Distribution
 *
 * @example
 * ```ts
 * const { Normal, register_kl } = torch.distributions
 * register_kl(Normal, Normal, (p, q) => p.loc.sub(q.loc))
 * ```
 *
 * @see torch/distributions/kl.py
 */
export const register_kl = keyworded('register_kl(type_p, type_q, divergence?)', own_register_kl)

function is_subclass(given: DistributionClass, base: DistributionClass): boolean {
  return given === base || given.prototype instanceof base
}

/** Whether the classes of one match are at least as specific as another's, the first counting before the second. */
function is_closer(one: readonly DistributionClass[], other: readonly DistributionClass[]): boolean {
  for (let i = 0; i < one.length; i++) {
    if (!is_subclass(one[i]!, other[i]!)) return false
    if (one[i] !== other[i]) break
  }
  return true
}

function closest(matches: readonly Entry[], types: (entry: Entry) => DistributionClass[]): Entry {
  // Python's min(): the first is kept unless another is strictly less.
  return matches.reduce((best, entry) => {
    const [a, b] = [types(entry), types(best)]
    const equal = a.every((item, i) => item === b[i])
    return !equal && is_closer(a, b) ? entry : best
  })
}

function dispatch(type_p: DistributionClass, type_q: DistributionClass): Entry | null {
  const matches = registry.filter(({ p, q }) => is_subclass(type_p, p) && is_subclass(type_q, q))
  if (matches.length === 0) return null
  const left = closest(matches, ({ p, q }) => [p, q])
  const right = closest(matches, ({ p, q }) => [q, p])
  if (left.divergence !== right.divergence)
    process.emitWarning(
      `Ambiguous kl_divergence(${type_p.name}, ${type_q.name}). Please register_kl(${left.p.name}, ${right.q.name})`,
      'RuntimeWarning',
    )
  return left
}

const KL_DIVERGENCE = signature(
  'kl_divergence',
  { p: required<Distribution>() },
  { q: required<Distribution>() },
)

/**
 * The Kullback–Leibler divergence KL(p ‖ q) = ∫ p(x) log(p(x) / q(x)) dx, one number a batch element.
 *
 * @param p - a distribution
 * @param q - a distribution
 * @throws NotImplementedError where nothing is registered for the two classes
 *
 * @example
 * ```ts
 * const { kl_divergence, Normal } = torch.distributions
 * kl_divergence(new Normal(0, 1), new Normal(1, 2)).item() // 0.4431…
 * ```
 *
 * @see torch/distributions/kl.py
 */
export const kl_divergence = callable(KL_DIVERGENCE, (p, q): Tensor => {
  const [type_p, type_q] = [p.constructor, q.constructor] as [DistributionClass, DistributionClass]
  let row = found.get(type_p)
  if (row === undefined) found.set(type_p, (row = new Map()))
  let entry = row.get(type_q)
  if (entry === undefined) row.set(type_q, (entry = dispatch(type_p, type_q)))
  if (entry === null)
    throw not_implemented_error(
      `No KL(p || q) is implemented for p type ${type_p.name} and q type ${type_q.name}`,
    )
  return (entry.divergence as Divergence<Distribution, Distribution>)(p, q)
})
