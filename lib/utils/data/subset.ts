import { is_promise } from '../../callback.js'
import { not_implemented_error, type_error, type_name, value_error } from '../../errors.js'
import { default_generator, type Generator } from '../../generator.js'
import { member } from '../../own.js'
import { of_objects, optional, required } from '../../python/parameters.js'
import { signature } from '../../python/signature.js'
import { Dataset, length_of, type MapDataset } from './dataset.js'
import { permutation } from './sampler.js'

const SUBSET = signature(
  'Subset',
  { dataset: of_objects(required<MapDataset<never>>()) },
  { indices: required<ArrayLike<number>>() },
)

/**
 * The samples of a dataset at given places.
 *
 * @param dataset the whole
 * @param indices the places
 * @throws NotImplementedError for a subclass that overrides `at` and not `__getitems__`, which a DataLoader would call
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * new torch.utils.data.Subset(['a', 'b', 'c'], [2, 0]).at(0) // 'c'
 * ```
 * @see https://docs.pytorch.org/docs/2.13/data.html#torch.utils.data.Subset
 */
export class Subset<T = unknown> extends Dataset<T> {
  readonly dataset: MapDataset<T>
  readonly indices: ArrayLike<number>

  constructor(dataset: MapDataset<T>, indices: ArrayLike<number>)
  constructor(dataset: MapDataset<T>, options: { indices: ArrayLike<number> })
  constructor(options: { dataset: MapDataset<T>; indices: ArrayLike<number> })
  constructor(...args: unknown[]) {
    super()
    const { dataset, indices } = SUBSET.take(args)
    this.dataset = dataset
    this.indices = indices
    if (this.at !== Subset.prototype.at && this.__getitems__ === Subset.prototype.__getitems__) {
      throw not_implemented_error(
        `${this.constructor.name} overrides at but not __getitems__. When subclassing Subset and overriding at, you must also override __getitems__ to ensure DataLoader works correctly with your custom logic. A simple implementation:\n\n__getitems__(indices) {\n  return indices.map((index) => this.at(index))\n}`,
      )
    }
  }

  override at(index: number): T | Promise<T> {
    const place = this.indices[index < 0 ? this.indices.length + index : index]
    return this.dataset.at(place as number) as T | Promise<T>
  }

  __getitems__(indices: number[]): T[] | Promise<T[]> {
    const places = indices.map((index) => this.indices[index] as number)
    if (typeof member(this.dataset, '__getitems__') === 'function') return this.dataset.__getitems__!(places)
    const items = places.map((place) => this.dataset.at(place) as T | Promise<T>)
    return items.some((item) => is_promise(item)) ? Promise.all(items) : (items as T[])
  }

  override get length(): number {
    return this.indices.length
  }
}

const RANDOM_SPLIT = signature(
  'random_split',
  { dataset: of_objects(required<MapDataset<unknown>>()) },
  { lengths: required<readonly number[]>(expect_lengths) },
  { generator: optional<Generator | null>(default_generator) },
)

function expect_lengths(value: unknown, name: string, argument: string): readonly number[] {
  if (Array.isArray(value) && value.every((length) => typeof length === 'number')) return value
  throw type_error(
    `${name}(): argument '${argument}' must be a list of numbers, not ${type_name(value)}`,
    name,
  )
}

/** Python's `sum` of floats, which carries along what rounding loses. */
function sum_of(numbers: readonly number[]): number {
  let [sum, lost] = [0, 0]
  for (const number of numbers) {
    const next = sum + number
    lost += Math.abs(sum) >= Math.abs(number) ? sum - next + number : number - next + sum
    sum = next
  }
  return sum + lost
}

/** Whether fractions make a whole, as Python's `math.isclose(sum, 1) and sum <= 1`. */
function are_fractions(sum: number): boolean {
  return sum <= 1 && Math.abs(sum - 1) <= 1e-9 * Math.max(Math.abs(sum), 1)
}

/**
 * Splits a dataset at random into parts of given lengths, which do not overlap. Fractions that sum up to 1 become lengths
 * `floor(fraction · length)`, and what is left over goes to the parts by turns.
 *
 * @param dataset the whole
 * @param lengths the parts' lengths, or their fractions of the whole
 * @param generator draws the permutation (default: the default generator)
 * @throws ValueError where the lengths do not sum up to the dataset's, or a fraction is not between 0 and 1
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * const generator = new torch.Generator().manual_seed(42)
 * const [train, test] = torch.utils.data.random_split(torch.arange(10), [0.8, 0.2], { generator })
 * ```
 * @see https://docs.pytorch.org/docs/2.13/data.html#torch.utils.data.random_split
 */
export function random_split<T>(
  dataset: MapDataset<T>,
  lengths: readonly number[],
  options?: Generator | null | { generator?: Generator | null },
): Subset<T>[]
export function random_split<T>(
  dataset: MapDataset<T>,
  options: { lengths: readonly number[]; generator?: Generator | null },
): Subset<T>[]
export function random_split<T>(options: {
  dataset: MapDataset<T>
  lengths: readonly number[]
  generator?: Generator | null
}): Subset<T>[]
export function random_split(...args: unknown[]): Subset[] {
  const given = RANDOM_SPLIT.take(args)
  const { dataset, generator } = given
  const total = length_of(dataset)
  const fractions = are_fractions(sum_of(given.lengths))
  const lengths = fractions ? split_lengths(given.lengths, total) : given.lengths
  if (sum_of(lengths) !== total)
    throw value_error('Sum of input lengths does not equal the length of the input dataset!')
  const indices = permutation(total, generator)
  let end = 0
  return lengths.map((length) => new Subset(dataset, indices.slice(end, (end += length))))
}

function split_lengths(fractions: readonly number[], total: number): number[] {
  const lengths = fractions.map((fraction, i) => {
    if (fraction < 0 || fraction > 1) throw value_error(`Fraction at index ${i} is not between 0 and 1`)
    return Math.floor(total * fraction)
  })
  const left = total - sum_of(lengths)
  for (let i = 0; i < left; i++) lengths[i % lengths.length]!++
  lengths.forEach((length, i) => {
    if (length === 0) {
      process.emitWarning(
        `Length of split at index ${i} is 0. This might result in an empty dataset.`,
        'UserWarning',
      )
    }
  })
  return lengths
}
