import { inspect } from 'node:util'
import * as dtypes from '../../dtype.js'
import { value_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import { is_options } from '../../ops/keywords.js'
import { methods } from '../../python/methods.js'
import { nullable_tensor, optional_tensor, tensor } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'

function inverse_of(permutation: Tensor): Tensor {
  const places = ops.arange(0, permutation.numel(), { dtype: dtypes.int64, device: permutation.device })
  return ops.empty_like(permutation).scatter_(0, permutation, places)
}

const INVERT = signature('invert_permutation', { permutation: nullable_tensor })

/** The permutation that undoes another; null for null. */
export function invert_permutation(permutation: Tensor | { permutation: Tensor }): Tensor
export function invert_permutation(permutation: Tensor | null): Tensor | null
export function invert_permutation(...args: unknown[]): Tensor | null {
  const [permutation] = INVERT.bind(args)
  return permutation === null ? null : inverse_of(permutation)
}

const PACKED = signature(
  'PackedSequence',
  { data: tensor },
  { batch_sizes: tensor },
  { sorted_indices: optional_tensor },
  { unsorted_indices: optional_tensor },
)

/**
 * Sequences of different lengths without padding: the first elements of all, then the second ones, and so on; the
 * longest sequence first. Made by {@link pack_padded_sequence} and {@link pack_sequence}.
 *
 * @see torch/nn/utils/rnn.py
 */
export class PackedSequence extends Array<Tensor | null> {
  /** (∑ lengths, *) */
  readonly data: Tensor
  /** How many sequences have a first element, a second, and so on, int64. */
  readonly batch_sizes: Tensor
  /** The sequences' places before they were sorted by length, or null. */
  readonly sorted_indices: Tensor | null
  /** Where each sequence stands now, or null. */
  readonly unsorted_indices: Tensor | null

  constructor(...args: Call<typeof PACKED>)
  constructor(...args: UsualCall<typeof PACKED>)
  constructor(...args: unknown[]) {
    const [data, batch_sizes, sorted_indices, unsorted_indices] = PACKED.bind(args)
    const unsorted = unsorted_indices ?? (sorted_indices && inverse_of(sorted_indices))
    if (batch_sizes.device.type !== 'cpu')
      throw value_error(
        'batch_sizes should always be on CPU. Instances of PackedSequence should never be created manually. They should ' +
          'be instantiated by functions like pack_sequence and pack_padded_sequences in nn.utils.rnn. ' +
          'https://pytorch.org/docs/stable/nn.html#torch.nn.utils.rnn.pack_sequence',
      )
    super(data, batch_sizes, sorted_indices, unsorted)
    this.data = data
    this.batch_sizes = batch_sizes
    this.sorted_indices = sorted_indices
    this.unsorted_indices = unsorted
  }

  // map and the like make plain arrays.
  static override get [Symbol.species](): ArrayConstructor {
    return Array
  }

  /** As `Tensor.to`, of the data; indices follow it to its device. */
  to(...args: unknown[]): PackedSequence {
    const data = (this.data.to as (...args: unknown[]) => Tensor)(...args)
    if (data.is(this.data)) return this
    const move = (indices: Tensor | null) => indices?.to({ device: data.device }) ?? null
    return new PackedSequence(data, this.batch_sizes, move(this.sorted_indices), move(this.unsorted_indices))
  }

  /** On a CUDA device, with the further arguments of {@link to}. */
  cuda(...args: unknown[]): PackedSequence {
    return this.#moved('cuda', args)
  }

  /** On the CPU, with the further arguments of {@link to}. */
  cpu(...args: unknown[]): PackedSequence {
    return this.#moved('cpu', args)
  }

  #moved(type: 'cpu' | 'cuda', args: unknown[]): PackedSequence {
    if (args.length === 0) return this.to({ device: type })
    const { dtype, device } = this.data
    const probe = ops.empty([0], { dtype, device })
    const moved = (probe.to as (...args: unknown[]) => Tensor)(...args)
    if (moved.device.type === type) return this.to(...args)
    const last = args.at(-1)
    if (is_options(last)) return this.to(...args.slice(0, -1), { ...last, device: type })
    return this.to(...args, { device: type })
  }

  /** With data of float64. */
  double(): PackedSequence {
    return this.to({ dtype: dtypes.float64 })
  }

  /** With data of float32. */
  float(): PackedSequence {
    return this.to({ dtype: dtypes.float32 })
  }

  /** With data of float16. */
  half(): PackedSequence {
    return this.to({ dtype: dtypes.float16 })
  }

  /** With data of int64. */
  long(): PackedSequence {
    return this.to({ dtype: dtypes.int64 })
  }

  /** With data of int32. */
  int(): PackedSequence {
    return this.to({ dtype: dtypes.int32 })
  }

  /** With data of int16. */
  short(): PackedSequence {
    return this.to({ dtype: dtypes.int16 })
  }

  /** With data of int8. */
  char(): PackedSequence {
    return this.to({ dtype: dtypes.int8 })
  }

  /** With data of uint8. */
  byte(): PackedSequence {
    return this.to({ dtype: dtypes.uint8 })
  }

  /** In memory that a GPU reads directly. */
  pin_memory(): PackedSequence {
    const pin = (tensor: Tensor | null) => tensor?.pin_memory() ?? null
    return new PackedSequence(
      this.data.pin_memory(),
      this.batch_sizes,
      pin(this.sorted_indices),
      pin(this.unsorted_indices),
    )
  }

  /** Whether the data is on a CUDA device. */
  get is_cuda(): boolean {
    return this.data.device.type === 'cuda'
  }

  /** Whether the data is in pinned memory. */
  is_pinned(): boolean {
    return this.data.is_pinned()
  }

  override toString(): string {
    const names = ['data', 'batch_sizes', 'sorted_indices', 'unsorted_indices'] as const
    return `PackedSequence(${names.map((name) => `${name}=${this[name] === null ? 'None' : String(this[name])}`).join(', ')})`
  }

  [inspect.custom](): string {
    return this.toString()
  }

  static {
    const none = [
      'double',
      'float',
      'half',
      'long',
      'int',
      'short',
      'char',
      'byte',
      'pin_memory',
      'is_pinned',
    ]
    methods(PackedSequence, Object.fromEntries(none.map((name) => [name, ''])))
  }
}
