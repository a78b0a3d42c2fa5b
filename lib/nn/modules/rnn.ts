import type { DeviceLike } from '../../device.js'
import type { DType } from '../../dtype.js'
import { runtime_error, value_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import { is_options, take_options } from '../../ops/keywords.js'
import type { Tensor } from '../../tensor.js'
import type { PackedSequence } from '../utils/packed_sequence.js'
import {
  type ProjectedRNNOptions,
  type ProjectedRNNRest,
  permuted,
  RNN_DEFAULTS,
  RNN_NAMES,
  type RNNArguments,
  RNNBase,
  type RNNOptions,
  type Sequences,
} from './rnn_base.js'
import type { Int, Rest } from './utils.js'

export { RNNBase } from './rnn_base.js'
export { GRUCell, LSTMCell, RNNCell, RNNCellBase } from './rnn_cell.js'

function refuse_projection(args: readonly unknown[]): void {
  const last = args.at(-1)
  if (is_options(last) && 'proj_size' in last)
    throw value_error('proj_size argument is only supported for LSTM, not RNN or GRU')
}

type Recurrence = (...args: unknown[]) => [Tensor, Tensor]

/** What RNN and GRU share: one hidden state. */
class SingleState extends RNNBase {
  /** The operator of a step's kind. */
  _operator(): Recurrence {
    return ops.gru as unknown as Recurrence
  }

  /**
   * @param input - (L, N, input_size), (N, L, input_size) with `batch_first`, (L, input_size), or a packed sequence
   * @param hx - the first hidden state, (layers · directions, N, hidden_size). Default: zeros
   * @returns the outputs of the last layer, and the last hidden state of each layer and direction
   */
  override forward(
    input: Tensor | PackedSequence,
    hx: Tensor | null | { hx?: Tensor | null } = null,
  ): [Tensor | PackedSequence, Tensor] {
    const sequences = this._sequences(input)
    const { batch_sizes, count } = sequences
    const state = this._state(is_options(hx) ? (hx.hx ?? null) : hx, sequences)
    this.check_input(sequences.input, batch_sizes)
    this.check_hidden_size(state, this._state_shape(count))
    const { bias, num_layers, dropout, training, bidirectional, batch_first } = this
    const options = [this._flat_weights, bias, num_layers, dropout, training, bidirectional]
    const [output, last] =
      batch_sizes === null
        ? this._operator()(sequences.input, state, ...options, batch_first)
        : this._operator()(sequences.input, batch_sizes, state, ...options)
    const hidden = sequences.added === null ? last : last.squeeze(1)
    return [this._result(output, sequences), permuted(hidden, sequences.unsorted_indices)]
  }

  private _state(hx: Tensor | null, sequences: Sequences): Tensor {
    const { input, count, added, sorted_indices, batch_sizes } = sequences
    if (hx === null) return this._zeros(input, this._state_shape(count, this.hidden_size))
    if (batch_sizes === null && added !== null && hx.ndim !== 2)
      throw runtime_error(`For unbatched 2-D input, hx should also be 2-D but got ${hx.ndim}-D tensor`)
    if (batch_sizes === null && added === null && hx.ndim !== 3)
      throw runtime_error(`For batched 3-D input, hx should also be 3-D but got ${hx.ndim}-D tensor`)
    return permuted(added === null ? hx : hx.unsqueeze(1), sorted_indices)
  }
}

/** How a network with one state is called. */
interface SingleStateCall {
  (input: Tensor, hx?: Tensor | null | { hx?: Tensor | null }): [Tensor, Tensor]
  (input: PackedSequence, hx?: Tensor | null | { hx?: Tensor | null }): [PackedSequence, Tensor]
}

/** Keywords of {@link RNN}. */
export interface ElmanOptions extends RNNOptions {
  /** `'tanh'` or `'relu'`. Default: `'tanh'`. */
  nonlinearity?: 'tanh' | 'relu'
}

export interface RNN extends SingleStateCall {}

/**
 * A recurrent network: hₜ = tanh(W_ih xₜ + b_ih + W_hh hₜ₋₁ + b_hh), or relu.
 *
 * @param input_size - the size of an element of the input
 * @param hidden_size - the size of the hidden state
 * @param num_layers - how many layers stand one upon another. Default: 1
 * @param nonlinearity - `'tanh'` or `'relu'`. Default: `'tanh'`
 * @throws ValueError for sizes that are not positive, another nonlinearity or a dropout outside [0, 1]
 *
 * Shape: (L, N, input_size), (N, L, input_size) with `batch_first`, or (L, input_size), and the state (layers ·
 * directions, N, hidden_size), to (…, directions · hidden_size) and the last state.
 *
 * @example
 * ```ts
 * const rnn = new nn.RNN(10, 20, 2)
 * const [output, hn] = rnn(torch.randn(5, 3, 10), torch.randn(2, 3, 20))
 * ```
 *
 * @see torch/nn/modules/rnn.py
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the call has a signature for packed sequences too
export class RNN extends SingleState {
  declare nonlinearity: 'tanh' | 'relu'

  constructor(
    input_size: Int,
    hidden_size: Int,
    ...rest: Rest<
      [
        num_layers: Int,
        nonlinearity: 'tanh' | 'relu',
        bias: boolean,
        batch_first: boolean,
        dropout: number,
        bidirectional: boolean,
        device: DeviceLike | null,
        dtype: DType | null,
      ],
      ElmanOptions
    >
  )
  constructor(options: { input_size: Int; hidden_size: Int } & ElmanOptions)
  constructor(...args: unknown[]) {
    refuse_projection(args)
    const { nonlinearity, ...given } = take_options<RNNArguments & { nonlinearity: string }>(
      'RNN',
      args,
      [
        'input_size',
        'hidden_size',
        'num_layers',
        'nonlinearity',
        'bias',
        'batch_first',
        'dropout',
        'bidirectional',
        'device',
        'dtype',
      ],
      { ...RNN_DEFAULTS, nonlinearity: 'tanh' },
    )
    if (nonlinearity !== 'tanh' && nonlinearity !== 'relu')
      throw value_error(`Unknown nonlinearity '${nonlinearity}'. Select from 'tanh' or 'relu'.`)
    super({ ...given, mode: nonlinearity === 'tanh' ? 'RNN_TANH' : 'RNN_RELU' })
    this.nonlinearity = nonlinearity
  }

  override _operator(): Recurrence {
    return (this.mode === 'RNN_TANH' ? ops.rnn_tanh : ops.rnn_relu) as unknown as Recurrence
  }
}

export interface GRU extends SingleStateCall {}

/**
 * A gated recurrent unit: rₜ = σ(W_ir xₜ + b_ir + W_hr hₜ₋₁ + b_hr), zₜ likewise,
 * nₜ = tanh(W_in xₜ + b_in + rₜ (W_hn hₜ₋₁ + b_hn)), hₜ = (1 − zₜ) nₜ + zₜ hₜ₋₁.
 *
 * @param input_size - the size of an element of the input
 * @param hidden_size - the size of the hidden state
 * @param num_layers - how many layers stand one upon another. Default: 1
 * @throws ValueError for sizes that are not positive or a dropout outside [0, 1]
 *
 * Shape: as of {@link RNN}.
 *
 * @example
 * ```ts
 * const rnn = new nn.GRU(10, 20, 2)
 * const [output, hn] = rnn(torch.randn(5, 3, 10), torch.randn(2, 3, 20))
 * ```
 *
 * @see torch/nn/modules/rnn.py
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the call has a signature for packed sequences too
export class GRU extends SingleState {
  constructor(
    input_size: Int,
    hidden_size: Int,
    ...rest: Rest<
      [
        num_layers: Int,
        bias: boolean,
        batch_first: boolean,
        dropout: number,
        bidirectional: boolean,
        device: DeviceLike | null,
        dtype: DType | null,
      ],
      RNNOptions
    >
  )
  constructor(options: { input_size: Int; hidden_size: Int } & RNNOptions)
  constructor(...args: unknown[]) {
    refuse_projection(args)
    const names = RNN_NAMES.filter((name) => name !== 'proj_size')
    super({ ...take_options<RNNArguments>('GRU', args, names, RNN_DEFAULTS), mode: 'GRU' })
  }
}

type States = readonly [h_0: Tensor, c_0: Tensor]

export interface LSTM {
  (
    input: Tensor,
    hx?: States | null | { hx?: States | null },
  ): [output: Tensor, state: [h_n: Tensor, c_n: Tensor]]
  (
    input: PackedSequence,
    hx?: States | null | { hx?: States | null },
  ): [output: PackedSequence, state: [h_n: Tensor, c_n: Tensor]]
}

/**
 * A long short-term memory: iₜ = σ(W_ii xₜ + b_ii + W_hi hₜ₋₁ + b_hi), fₜ and oₜ likewise, gₜ with tanh,
 * cₜ = fₜ cₜ₋₁ + iₜ gₜ, hₜ = oₜ tanh cₜ; with `proj_size`, hₜ = W_hr oₜ tanh cₜ.
 *
 * @param input_size - the size of an element of the input
 * @param hidden_size - the size of the cell's state
 * @param num_layers - how many layers stand one upon another. Default: 1
 * @param proj_size - the size that the hidden state is projected to; 0 for none. Default: 0
 * @throws ValueError for sizes that are not positive, a projection that is not smaller, or a dropout outside [0, 1]
 *
 * Shape: (L, N, input_size), (N, L, input_size) with `batch_first`, or (L, input_size), and the states (layers ·
 * directions, N, hidden_size) or proj_size, to (…, directions · hidden_size) and the last states.
 *
 * @example
 * ```ts
 * const rnn = new nn.LSTM(10, 20, 2)
 * const [output, [hn, cn]] = rnn(torch.randn(5, 3, 10), [torch.randn(2, 3, 20), torch.randn(2, 3, 20)])
 * ```
 *
 * @see torch/nn/modules/rnn.py
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the call has a signature for packed sequences too
export class LSTM extends RNNBase {
  constructor(input_size: Int, hidden_size: Int, ...rest: ProjectedRNNRest)
  constructor(options: { input_size: Int; hidden_size: Int } & ProjectedRNNOptions)
  constructor(...args: unknown[]) {
    super({ ...take_options<RNNArguments>('LSTM', args, RNN_NAMES, RNN_DEFAULTS), mode: 'LSTM' })
  }

  /**
   * @param input - (L, N, input_size), (N, L, input_size) with `batch_first`, (L, input_size), or a packed sequence
   * @param hx - the first hidden and cell states. Default: zeros
   * @returns the outputs of the last layer, and the last states of each layer and direction
   */
  override forward(
    input: Tensor | PackedSequence,
    hx: States | null | { hx?: States | null } = null,
  ): [Tensor | PackedSequence, [Tensor, Tensor]] {
    const sequences = this._sequences(input)
    const { batch_sizes, count, unsorted_indices } = sequences
    const states = this._states(is_options(hx) ? (hx.hx ?? null) : (hx as States | null), sequences)
    this.check_input(sequences.input, batch_sizes)
    this.check_hidden_size(states[0], this._state_shape(count), 'hidden[0]')
    this.check_hidden_size(states[1], this._state_shape(count, this.hidden_size), 'hidden[1]')
    const { bias, num_layers, dropout, training, bidirectional, batch_first } = this
    const lstm = ops.lstm as unknown as (...args: unknown[]) => [Tensor, Tensor, Tensor]
    const options = [this._flat_weights, bias, num_layers, dropout, training, bidirectional]
    const [output, ...last] =
      batch_sizes === null
        ? lstm(sequences.input, states, ...options, batch_first)
        : lstm(sequences.input, batch_sizes, states, ...options)
    const [h, c] = last.map((state) =>
      permuted(sequences.added === null ? state : state.squeeze(1), unsorted_indices),
    ) as [Tensor, Tensor]
    return [this._result(output, sequences), [h, c]]
  }

  private _states(hx: States | null, sequences: Sequences): [Tensor, Tensor] {
    const { input, count, added, sorted_indices, batch_sizes } = sequences
    if (hx === null)
      return [
        this._zeros(input, this._state_shape(count)),
        this._zeros(input, this._state_shape(count, this.hidden_size)),
      ]
    const [h, c] = hx
    if (batch_sizes === null) {
      const [kind, dims] = added === null ? ['batched 3-D', 3] : ['unbatched 2-D', 2]
      if (h.ndim !== dims || c.ndim !== dims)
        throw runtime_error(
          `For ${kind} input, hx and cx should also be ${dims}-D but got (${h.ndim}-D, ${c.ndim}-D) tensors`,
        )
    }
    return [h, c].map((state) => permuted(added === null ? state : state.unsqueeze(1), sorted_indices)) as [
      Tensor,
      Tensor,
    ]
  }
}
