import type { DType } from '../../../dtype.js'
import * as dtypes from '../../../dtype.js'
import { key_error, runtime_error, type_error, type_name } from '../../../errors.js'
import { type Layout, sparse_bsc, sparse_bsr, sparse_coo, sparse_csc, sparse_csr } from '../../../layout.js'
import { stack } from '../../../ops/generated/torch.js'
import { own_value } from '../../../own.js'
import { keyworded } from '../../../python/methods.js'
import { of_objects, required } from '../../../python/parameters.js'
import { signature } from '../../../python/signature.js'
import { is_typed_array } from '../../../realm.js'
import { FloatScalar } from '../../../scalar.js'
import { make_tensor } from '../../../tensor/create.js'
import type { TypedArray } from '../../../tensor/elements.js'
import { from_numpy } from '../../../tensor/from_memory.js'
import { Tensor } from '../../../tensor.js'
import { are_integers } from './integers.js'
import { is_bytes, is_mapping, keys_of, map_values, value_at } from './structure.js'

type Scalar = number | bigint | boolean | FloatScalar

/** What {@link default_convert} makes of a sample. */
export type Converted<T> = T extends Tensor | string | Buffer | Scalar
  ? T
  : T extends TypedArray
    ? Tensor
    : T extends ArrayBuffer
      ? T
      : T extends readonly unknown[] | Readonly<Record<string, unknown>>
        ? { -readonly [K in keyof T]: Converted<T[K]> }
        : T extends ReadonlyMap<infer K, infer V>
          ? Map<K, Converted<V>>
          : T

/** What {@link default_collate} makes of samples. */
export type Collated<T> = [T] extends [string | Buffer]
  ? T[]
  : [T] extends [Tensor | TypedArray | Scalar]
    ? Tensor
    : [T] extends [ArrayBuffer]
      ? T[]
      : T extends readonly unknown[] | Readonly<Record<string, unknown>>
        ? { -readonly [K in keyof T]: Collated<T[K]> }
        : T extends ReadonlyMap<infer K, infer V>
          ? Map<K, Collated<V>>
          : unknown

type Class = abstract new (...args: never[]) => object
type CollateFunction = (batch: readonly never[], options: { collate_fn_map: CollateMap | null }) => unknown

/** Which function collates samples of a class. */
export type CollateMap = Map<Class, CollateFunction>

const sparse_layouts: readonly Layout[] = [sparse_coo, sparse_csr, sparse_bsr, sparse_csc, sparse_bsc]

const refusal = (found: unknown) =>
  type_error(
    `default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found ${found === undefined ? 'undefined' : type_name(found)}`,
  )

/** Samples of the same shape on top of each other: `torch.stack`. */
export function collate_tensor_fn(batch: readonly Tensor[]): Tensor {
  const [first] = batch as readonly [Tensor]
  for (const [what, refused] of [
    ['nested', first.is_nested],
    ['sparse', sparse_layouts.includes(first.layout)],
  ] as const) {
    if (!refused) continue
    throw runtime_error(
      `Batches of ${what} tensors are not currently supported by the default collate_fn; please provide a custom collate_fn to handle them appropriately.`,
    )
  }
  return stack([...batch], 0)
}

/** Which function collates samples of a class, and of those derived from it; may be added to. */
export const default_collate_fn_map: CollateMap = new Map([
  [Tensor as unknown as Class, collate_tensor_fn as CollateFunction],
])

/** The dtype that Python's collate gives numbers of a kind. */
function dtype_of_scalar(value: unknown): DType | undefined {
  if (typeof value === 'number' || value instanceof FloatScalar) return dtypes.float64
  if (typeof value === 'bigint') return dtypes.int64
  return typeof value === 'boolean' ? dtypes.bool : undefined
}

function collate_lists(batch: readonly (readonly unknown[])[], map: CollateMap | null): unknown[] {
  const first = batch[0]!
  if (!batch.every((item) => item.length === first.length))
    throw runtime_error('each element in list of batch should be of equal size')
  return first.map((_, i) => {
    const items = batch.map((item) => item[i])
    if (are_integers(batch, i)) return make_tensor(items as number[], { dtype: dtypes.int64 })
    return collate(items, { collate_fn_map: map })
  })
}

/**
 * What {@link default_collate} does, with functions of one's own for some classes.
 *
 * @param batch samples
 * @param options.collate_fn_map the functions, each called with the batch and these options
 * @throws TypeError for samples that cannot be put together
 */
export function collate(
  batch: readonly unknown[],
  options: { collate_fn_map?: CollateMap | null } = {},
): unknown {
  const map = own_value(options, 'collate_fn_map') ?? null
  const first = batch[0]
  for (const [type, collate_fn] of map ?? [])
    if (first instanceof type) return collate_fn(batch as never[], { collate_fn_map: map })
  const dtype = dtype_of_scalar(first)
  if (dtype !== undefined)
    return make_tensor(batch.map((value) => (value instanceof FloatScalar ? value.re : value)) as number[], {
      dtype,
    })
  if (typeof first === 'string' || is_bytes(first)) return batch
  if (is_typed_array(first)) {
    const rows = (batch as TypedArray[]).map((row) => from_numpy(row))
    return map?.has(Tensor as unknown as Class) ? collate(rows, options) : stack(rows, 0)
  }
  if (is_mapping(first)) {
    return map_values(first, (key) => {
      for (const sample of batch) {
        if (is_mapping(sample) && keys_of(sample).includes(key)) continue
        throw key_error(`'${String(key)}'`)
      }
      return collate(
        batch.map((sample) => value_at(sample as never, key)),
        options,
      )
    })
  }
  if (Array.isArray(first)) return collate_lists(batch as unknown[][], map)
  throw refusal(first)
}

/**
 * Samples put together to a batch: tensors and typed arrays of the same shape get a new first dimension, numbers become a
 * tensor (a number float64 as Python's float, a bigint int64, a boolean bool; labels of `torch.vision`'s datasets int64),
 * strings and Buffers stay a list, and of lists
 * and objects every part is put together by itself.
 *
 * @param batch samples, at least one
 * @throws RuntimeError for tensors of unequal shapes, which it names, or lists of unequal lengths; TypeError for samples of
 *   other kinds
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * const batch = torch.utils.data.default_collate([{ x: 1n, name: 'a' }, { x: 2n, name: 'b' }])
 * batch.x.tolist() // [1, 2]
 * batch.name // ['a', 'b']
 * ```
 * @see https://docs.pytorch.org/docs/2.13/data.html#torch.utils.data.default_collate
 */
export const default_collate = keyworded(
  'default_collate(batch)',
  <T>(batch: readonly T[]): Collated<T> =>
    collate(batch, { collate_fn_map: default_collate_fn_map }) as Collated<T>,
)

const DEFAULT_CONVERT = signature('default_convert', { data: of_objects(required<unknown>()) })

/**
 * A sample with its typed arrays made tensors, in lists and objects too; the rest is left as it is. A DataLoader without
 * batches does so.
 *
 * @param data one sample
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.utils.data.default_convert([Float32Array.of(1, 2), 'a'])[0].tolist() // [1, 2]
 * ```
 * @see https://docs.pytorch.org/docs/2.13/data.html#torch.utils.data.default_convert
 */
export function default_convert<const T>(data: T): Converted<T>
export function default_convert(...args: unknown[]): unknown {
  // A single argument is the sample, also where it is an object whose only key is `data`.
  const [data] = args.length === 1 ? args : DEFAULT_CONVERT.bind(args)
  return convert(data)
}

function convert(data: unknown): unknown {
  if (data instanceof Tensor || is_bytes(data)) return data
  if (is_typed_array(data)) return from_numpy(data as TypedArray)
  if (is_mapping(data)) return map_values(data, (key) => convert(value_at(data, key)))
  return Array.isArray(data) ? data.map(convert) : data
}
