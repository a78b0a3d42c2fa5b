import { int64 } from '../../dtype.js'
import { runtime_error, type_error, type_name, value_error } from '../../errors.js'
import * as nn from '../../ops/generated/nn.js'
import * as ops from '../../ops/generated/torch.js'
import { ops as dispatcher } from '../../ops/operator.js'
import { optional, required, tensor } from '../../python/parameters.js'
import { callable, signature } from '../../python/signature.js'
import { as_tensor } from '../../tensor/create.js'
import { Tensor } from '../../tensor.js'
import { PackedSequence } from './packed_sequence.js'

export { invert_permutation, PackedSequence } from './packed_sequence.js'

function expect_packed(value: unknown, name: string, argument: string): PackedSequence {
  if (value instanceof PackedSequence) return value
  throw type_error(`${name}(): argument '${argument}' must be PackedSequence, not ${type_name(value)}`, name)
}

const BATCH_FIRST = { batch_first: optional(false) }
const ENFORCE_SORTED = { enforce_sorted: optional(true) }
const PADDING_VALUE = { padding_value: optional(0) }

/**
 * Packs padded sequences.
 *
 * @param input - (T, B, *), or (B, T, *) with `batch_first`
 * @param lengths - how long each sequence is
 * @param batch_first - whether the batch is the first dimension. Default: false
 * @param enforce_sorted - whether sequences stand by falling length already; with false they are sorted. Default: true
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
export const pack_padded_sequence = callable(
  signature(
    'pack_padded_sequence',
    { input: tensor },
    { lengths: required<Tensor | readonly number[]>() },
    BATCH_FIRST,
    ENFORCE_SORTED,
  ),
  (given_input, given_lengths, batch_first, enforce_sorted): PackedSequence => {
    let input = given_input
    let lengths =
      given_lengths instanceof Tensor
        ? given_lengths.to({ dtype: int64 })
        : as_tensor([...given_lengths], { dtype: int64, device: 'cpu' })
    let sorted_indices: Tensor | null = null
    if (!enforce_sorted) {
      const { values, indices } = ops.sort(lengths, { descending: true })
      lengths = values
      sorted_indices = indices.to({ device: input.device })
      input = input.index_select(batch_first ? 0 : 1, sorted_indices)
    }
    const [data, batch_sizes] = dispatcher['aten']!['_pack_padded_sequence']!(
      input,
      lengths,
      batch_first,
    ) as unknown as [Tensor, Tensor]
    return new PackedSequence(data, batch_sizes, sorted_indices, null)
  },
)

/**
 * Undoes {@link pack_padded_sequence}: the padded sequences, in their first order, and their lengths.
 *
 * @param batch_first - whether the batch is the first dimension of the result. Default: false
 * @param padding_value - fills the places after a sequence's end. Default: 0
 * @param total_length - the length of the result. Default: that of the longest sequence
 * @throws ValueError for a total length below that of the longest sequence
 *
 * @see torch/nn/utils/rnn.py
 */
export const pad_packed_sequence = callable(
  signature(
    'pad_packed_sequence',
    { sequence: required<PackedSequence>(expect_packed) },
    BATCH_FIRST,
    PADDING_VALUE,
    { total_length: optional<number | null>(null) },
  ),
  (sequence, batch_first, padding_value, total_length): [Tensor, Tensor] => {
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
  },
)

/**
 * Sequences of different lengths as one tensor.
 *
 * @param sequences - each (L, *)
 * @param batch_first - whether the batch is the first dimension of the result. Default: false
 * @param padding_value - fills the places beside a sequence. Default: 0
 * @param padding_side - `'right'` or `'left'`. Default: `'right'`
 * @returns (T, B, *), or (B, T, *) with `batch_first`
 *
 * @example
 * ```ts
 * nn.utils.rnn.pad_sequence([torch.ones(25, 300), torch.ones(22, 300)]).shape // [25, 2, 300]
 * ```
 *
 * @see torch/nn/utils/rnn.py
 */
export const pad_sequence = callable(
  signature(
    'pad_sequence',
    { sequences: required<Tensor | Iterable<Tensor>>() },
    BATCH_FIRST,
    PADDING_VALUE,
    { padding_side: optional<'right' | 'left'>('right') },
  ),
  (sequences, batch_first, padding_value, padding_side): Tensor => {
    if (typeof (sequences as { [Symbol.iterator]?: unknown } | null)?.[Symbol.iterator] !== 'function')
      throw runtime_error(
        `pad_sequence: Expected iterable for input sequences, but got arg of type: ${type_name(sequences)}`,
      )
    return nn.pad_sequence([...sequences], batch_first, padding_value, padding_side)
  },
)

/**
 * The sequences of a padded tensor, without their padding.
 *
 * @param padded_sequences - (T, B, *), or (B, T, *) with `batch_first`
 * @param lengths - how long each sequence is
 *
 * @see torch/nn/utils/rnn.py
 */
export const unpad_sequence = callable(
  signature('unpad_sequence', { padded_sequences: tensor }, { lengths: tensor }, BATCH_FIRST),
  (padded_sequences, lengths, batch_first): Tensor[] => {
    const padded = batch_first ? padded_sequences : padded_sequences.transpose(0, 1)
    if (lengths.size(0) !== padded.size(0))
      throw value_error(
        `unpad_sequence(): expected a length for each of ${padded.size(0)} sequences, got ${lengths.size(0)}`,
      )
    const places = ops.arange(padded.shape[1]!, { dtype: int64, device: lengths.device })
    return [...padded.unbind(0)].map((sequence, i) => sequence.at(places.lt(lengths.select(0, i))))
  },
)

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
export const pack_sequence = callable(
  signature('pack_sequence', { sequences: required<readonly Tensor[]>() }, ENFORCE_SORTED),
  (sequences, enforce_sorted): PackedSequence => {
    const lengths = sequences.map((sequence) => sequence.shape[0]!)
    return pack_padded_sequence(pad_sequence(sequences), lengths, { enforce_sorted })
  },
)

/** Undoes {@link pack_sequence}. */
export const unpack_sequence = callable(
  signature('unpack_sequence', { packed_sequences: required<PackedSequence>(expect_packed) }),
  (packed_sequences): Tensor[] => {
    const [padded, lengths] = pad_packed_sequence(packed_sequences, { batch_first: true })
    return unpad_sequence(padded, lengths, { batch_first: true })
  },
)
