import type { Device } from '../../device.js'
import { bfloat16, type DType, float16, float32, float64 } from '../../dtype.js'
import { value_error } from '../../errors.js'
import { bool } from '../../python/checks.js'
import { optional } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import { py_bool, py_repr } from '../repr.js'

/** How exact the sums over chunks are, and what memory they take. */
export type AccPolicy = 'accurate' | 'balanced' | 'compact' | 'auto'

/** What a call's options come to. */
export interface Chunking {
  policy: Exclude<AccPolicy, 'auto'>
  acc_dtype: DType
  rows: number
}

const POLICIES = new Set<unknown>(['auto', 'accurate', 'balanced', 'compact'])
const HALVES = new Set<DType>([float16, bfloat16])
const FLOATS = new Set<DType>([float16, bfloat16, float32, float64])

const CHUNKING = signature(
  'LinearCrossEntropyOptions',
  { allow_retain_graph: optional(false, bool) },
  { batch_chunk_size: optional<number | null>(null) },
  { chunking_method: optional<string | null>('auto') },
  { acc_policy: optional<AccPolicy>('auto') },
  { acc_dtype: optional<DType | null>(null) },
)

/**
 * How `linear_cross_entropy` goes over its batch in chunks, so that the scores of all rows are never in memory at once:
 * for many more classes than features, as language models have.
 *
 * @param allow_retain_graph - whether backward may run twice, for a copy of the gradients more. Default: false
 * @param batch_chunk_size - rows of a chunk. Default: by `chunking_method`
 * @param chunking_method - `'auto'`, `'aspect_ratio'` or `'aspect_ratio:N'`, whose chunks are N times smaller. Default: `'auto'`
 * @param acc_policy - default: `'auto'`
 * @param acc_dtype - the dtype of sums. Default: float32 for half and bfloat16 where the policy is `'auto'`, else the input's
 *
 * @throws ValueError for a policy, method, size or dtype that there is not
 *
 * @example
 * ```ts
 * const options = new nn.LinearCrossEntropyOptions({ batch_chunk_size: 64 })
 * const scores = { linear_weight: torch.randn(1000, 16), target: torch.randint(0, 1000, [256]) }
 * nn.functional.linear_cross_entropy(torch.randn(256, 16), scores.linear_weight, scores.target, { options })
 * ```
 *
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.nn.LinearCrossEntropyOptions.html
 */
export class LinearCrossEntropyOptions {
  readonly allow_retain_graph: boolean
  readonly batch_chunk_size: number | null
  readonly chunking_method: string | null
  readonly acc_policy: AccPolicy
  readonly acc_dtype: DType | null

  constructor(...args: Call<typeof CHUNKING>)
  constructor(...args: UsualCall<typeof CHUNKING>)
  constructor(...args: unknown[]) {
    const given = CHUNKING.take(args)
    this.allow_retain_graph = given.allow_retain_graph
    this.batch_chunk_size = given.batch_chunk_size
    this.chunking_method = given.chunking_method
    this.acc_policy = given.acc_policy
    this.acc_dtype = given.acc_dtype
    this.#check()
    Object.freeze(this)
  }

  #check(): void {
    const { batch_chunk_size: rows, chunking_method: method, acc_policy, acc_dtype } = this
    if (!POLICIES.has(acc_policy)) throw value_error(`invalid acc_policy: ${py_repr(acc_policy)}`)
    if (method !== null && method !== 'auto' && !/^aspect_ratio(:0*[1-9]\d*)?$/.test(method))
      throw value_error(`invalid chunking_method: ${py_repr(method)}`)
    if (rows !== null && !(Number.isSafeInteger(rows) && rows > 0))
      throw value_error(`batch_chunk_size must be positive int or None, got ${py_repr(rows)}`)
    if (acc_dtype !== null && !FLOATS.has(acc_dtype))
      throw value_error(
        'acc_dtype must be one of {None, torch.float16, torch.bfloat16, torch.float32, torch.float64}, got ' +
          `${acc_dtype}. Pass acc_dtype=None to let the op pick automatically.`,
      )
  }

  toString(): string {
    const { allow_retain_graph, batch_chunk_size, chunking_method, acc_policy, acc_dtype } = this
    return (
      `LinearCrossEntropyOptions(allow_retain_graph=${py_bool(allow_retain_graph)}, batch_chunk_size=${py_repr(batch_chunk_size)}, ` +
      `chunking_method=${py_repr(chunking_method)}, acc_policy=${py_repr(acc_policy)}, acc_dtype=${acc_dtype ?? 'None'})`
    )
  }
}

/** The options for inputs (rows, features) of a dtype on a device, and so many classes. */
export function resolve_chunking(
  options: LinearCrossEntropyOptions,
  sizes: { rows: number; features: number; classes: number },
  dtype: DType,
  device: Device,
): Chunking {
  const { acc_policy, batch_chunk_size, acc_dtype } = options
  const exact = device.type === 'cpu' && HALVES.has(dtype)
  const policy = acc_policy === 'auto' ? (exact ? 'accurate' : 'compact') : acc_policy
  const by_device = exact ? 'aspect_ratio' : 'aspect_ratio:2'
  let method = options.chunking_method
  if (method === 'auto') method = batch_chunk_size === null ? by_device : null
  let rows = Math.min(batch_chunk_size ?? sizes.rows, sizes.rows)
  if (method !== null) {
    rows = rows_of(method, sizes)
    if (batch_chunk_size !== null && batch_chunk_size !== rows)
      throw value_error(
        `batch_chunk_size (=${batch_chunk_size}) and chunking_method ('${method}') give different chunk sizes ` +
          `(${batch_chunk_size} vs ${rows}); pass only one.`,
      )
  }
  const wide = acc_policy === 'auto' && HALVES.has(dtype) ? float32 : dtype
  return { policy, acc_dtype: acc_dtype ?? wide, rows: Math.max(1, rows) }
}

/** As many rows as make the scores of a chunk about as big as the whole input, a power of 2. */
function rows_of(method: string, sizes: { rows: number; features: number; classes: number }): number {
  const factor = Number(method.split(':')[1] ?? 1)
  const target = Math.ceil(sizes.rows / Math.ceil(sizes.classes / sizes.features))
  const power = target <= 1 ? 1 : 2 ** Math.ceil(Math.log2(target))
  return Math.min(Math.floor(power / factor), sizes.rows)
}
