import { int64 } from '../../dtype.js'
import { runtime_error, type_name, value_error } from '../../errors.js'
import * as nn from '../../ops/generated/nn.js'
import * as ops from '../../ops/generated/torch.js'
import { take_options } from '../../ops/keywords.js'
import { ops as dispatcher } from '../../ops/operator.js'
import { as_tensor } from '../../tensor/create.js'
import { Tensor } from '../../tensor.js'
import { PackedSequence } from './packed_sequence.js'

export { invert_permutation, PackedSequence } from './packed_sequence.js'

/** Keywords of {@link pack_padded_sequence}. */
export interface PackOptions {
  /** Whether the batch is the first dimension. Default: false. */
  batch_first?: boolean
  /** Whether sequences stand by falling length already; with false they are sorted. Default: true. */
  enforce_sorted?: boolean
}

/**
 * Packs padded sequences.
 *
 * @param input - (T, B, *), or (B, T, *) with `batch_first`
 * @param lengths - how long each sequence is
 * @throws RuntimeError for lengths that are not sorted where they should be, or not positive
 *
 * @example
 * ```ts
 * const packed = nn.utils.rnn.pack_padded_sequence(torch.randn(4, 2, 3), [4, 2])
 * const [output, [h, c]] = new nn.LSTM(3, 5)(packed)
 * ```
 *
 * @see torch/nn/utils/rnn.py
 */
export function pack_padded_sequence(
  input: Tensor,
  lengths: Tensor | readonly number[],
  batch_first?: boolean | PackOptions,
  enforce_sorted?: boolean | PackOptions,
): PackedSequence
export function pack_padded_sequence(...args: unknown[]): PackedSequence {
  const given = take_options<Required<PackOptions> & { input: Tensor; lengths: Tensor | readonly number[] }>(
    'pack_padded_sequence',
    args,
    ['input', 'lengths', 'batch_first', 'enforce_sorted'],
    {
      batch_first: false,
      enforce_sorted: true,
    },
  )
  let { input } = given
  let lengths =
    given.lengths instanceof Tensor
      ? given.lengths.to({ dtype: int64 })
      : as_tensor([...given.lengths], { dtype: int64, device: 'cpu' })
  let sorted_indices: Tensor | null = null
  if (!given.enforce_sorted) {
    const { values, indices } = ops.sort(lengths, { descending: true })
    lengths = values
    sorted_indices = indices.to({ device: input.device })
    input = input.index_select(given.batch_first ? 0 : 1, sorted_indices)
  }
  const [data, batch_sizes] = dispatcher['aten']!['_pack_padded_sequence']!(
    input,
    lengths,
    given.batch_first,
  ) as unknown as [Tensor, Tensor]
  return new PackedSequence(data, batch_sizes, sorted_indices, null)
}

/** Keywords of {@link pad_packed_sequence}. */
export interface PadPackedOptions {
  /** Whether the batch is the first dimension of the result. Default: false. */
  batch_first?: boolean
  /** What stands after a sequence's end. Default: 0. */
  padding_value?: number
  /** The length of the result. Default: that of the longest sequence. */
  total_length?: number | null
}

/**
 * Undoes {@link pack_padded_sequence}: the padded sequences, in their first order, and their lengths.
 *
 * @throws ValueError for a total length below that of the longest sequence
 *
 * @see torch/nn/utils/rnn.py
 */
export function pad_packed_sequence(
  sequence: PackedSequence,
  batch_first?: boolean | PadPackedOptions,
  padding_value?: number | PadPackedOptions,
  total_length?: number | null | PadPackedOptions,
): [Tensor, Tensor]
export function pad_packed_sequence(...args: unknown[]): [Tensor, Tensor] {
  const given = take_options<Required<PadPackedOptions> & { sequence: PackedSequence }>(
    'pad_packed_sequence',
    args,
    ['sequence', 'batch_first', 'padding_value', 'total_length'],
    { batch_first: false, padding_value: 0, total_length: null },
  )
  const { sequence, batch_first, padding_value, total_length } = given
  const longest = sequence.batch_sizes.shape[0]!
  if (total_length !== null && total_length < longest)
    throw value_error(
      'Expected total_length to be at least the length of the longest sequence in input, but got ' +
        `total_length=${total_length} and max sequence length being ${longest}`,
    )
  const [padded, lengths] = dispatcher['aten']!['_pad_packed_sequence']!(
    sequence.data,
    sequence.batch_sizes,
    batch_first,
    padding_value,
    total_length ?? longest,
  ) as unknown as [Tensor, Tensor]
  const { unsorted_indices } = sequence
  if (unsorted_indices === null) return [padded, lengths]
  return [
    padded.index_select(batch_first ? 0 : 1, unsorted_indices),
    lengths.index_select(0, unsorted_indices.cpu()),
  ]
}

/** Keywords of {@link pad_sequence}. */
export interface PadSequenceOptions {
  /** Whether the batch is the first dimension of the result. Default: false. */
  batch_first?: boolean
  /** What stands beside a sequence. Default: 0. */
  padding_value?: number
  /** `'right'` or `'left'`. Default: `'right'`. */
  padding_side?: 'right' | 'left'
}

/**
 * Sequences of different lengths as one tensor.
 *
 * @param sequences - each (L, *)
 * @returns (T, B, *), or (B, T, *) with `batch_first`
 *
 * @example
 * ```ts
 * nn.utils.rnn.pad_sequence([torch.ones(25, 300), torch.ones(22, 300)]).shape // [25, 2, 300]
 * ```
 *
 * @see torch/nn/utils/rnn.py
 */
export function pad_sequence(
  sequences: Tensor | Iterable<Tensor>,
  batch_first?: boolean | PadSequenceOptions,
  padding_value?: number | PadSequenceOptions,
  padding_side?: 'right' | 'left' | PadSequenceOptions,
): Tensor
export function pad_sequence(...args: unknown[]): Tensor {
  const given = take_options<Required<PadSequenceOptions> & { sequences: Iterable<Tensor> }>(
    'pad_sequence',
    args,
    ['sequences', 'batch_first', 'padding_value', 'padding_side'],
    { batch_first: false, padding_value: 0, padding_side: 'right' },
  )
  const { sequences, batch_first, padding_value, padding_side } = given
  if (typeof (sequences as { [Symbol.iterator]?: unknown } | null)?.[Symbol.iterator] !== 'function')
    throw runtime_error(
      `pad_sequence: Expected iterable for input sequences, but got arg of type: ${type_name(sequences)}`,
    )
  return nn.pad_sequence([...sequences], batch_first, padding_value, padding_side)
}

/**
 * The sequences of a padded tensor, without their padding.
 *
 * @param padded_sequences - (T, B, *), or (B, T, *) with `batch_first`
 * @param lengths - how long each sequence is
 *
 * @see torch/nn/utils/rnn.py
 */
export function unpad_sequence(
  padded_sequences: Tensor,
  lengths: Tensor,
  batch_first: boolean | { batch_first?: boolean } = false,
): Tensor[] {
  const first = typeof batch_first === 'boolean' ? batch_first : (batch_first.batch_first ?? false)
  const padded = first ? padded_sequences : padded_sequences.transpose(0, 1)
  const places = ops.arange(padded.shape[1]!, { dtype: int64, device: lengths.device })
  return [...padded.unbind(0)].map((sequence, i) => sequence.at(places.lt(lengths.select(0, i))))
}

/**
 * Packs sequences of different lengths.
 *
 * @param sequences - each (L, *), by falling length where `enforce_sorted` is true
 *
 * @example
 * ```ts
 * nn.utils.rnn.pack_sequence([torch.tensor([1, 2, 3]), torch.tensor([4, 5])])
 * ```
 *
 * @see torch/nn/utils/rnn.py
 */
export function pack_sequence(
  sequences: readonly Tensor[],
  enforce_sorted: boolean | { enforce_sorted?: boolean } = true,
): PackedSequence {
  const sorted =
    typeof enforce_sorted === 'boolean' ? enforce_sorted : (enforce_sorted.enforce_sorted ?? true)
  const lengths = sequences.map((sequence) => sequence.shape[0]!)
  return pack_padded_sequence(pad_sequence(sequences), lengths, { enforce_sorted: sorted })
}

/** Undoes {@link pack_sequence}. */
export function unpack_sequence(packed_sequences: PackedSequence): Tensor[] {
  const [padded, lengths] = pad_packed_sequence(packed_sequences, { batch_first: true })
  return unpad_sequence(padded, lengths, { batch_first: true })
}
