import { runtime_error, value_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import { is_options } from '../../ops/keywords.js'
import { optional, optional_tensor, required } from '../../python/parameters.js'
import { type AnyCall, type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import type { PackedSequence } from '../utils/packed_sequence.js'
import { FACTORY } from './linear.js'
import { PROJECTION, permuted, RNNBase, type Sequences, SIZES, STRUCTURE } from './rnn_base.js'

export { RNNBase } from './rnn_base.js'
export { GRUCell, LSTMCell, RNNCell, RNNCellBase } from './rnn_cell.js'

function refuse_projection(args: readonly unknown[]): void {
  const last = args.at(-1)
  if (is_options(last) && Object.hasOwn(last, 'proj_size'))
    throw value_error('proj_size argument is only supported for LSTM, not RNN or GRU')
}

type Recurrence = (...args: unknown[]) => [Tensor, Tensor]

const FORWARD = signature('forward', { input: required<Tensor | PackedSequence>() }, { hx: optional_tensor })

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
  override forward(...args: AnyCall<typeof FORWARD>): [Tensor | PackedSequence, Tensor] {
    const [input, hx] = FORWARD.bind(args)
    const sequences = this._sequences(input)
    const { batch_sizes, count } = sequences
    const state = this._state(hx, sequences)
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

const RNN_PARAMETERS = signature(
  'RNN',
  ...SIZES,
  { nonlinearity: optional<'tanh' | 'relu'>('tanh') },
  ...STRUCTURE,
  ...FACTORY,
)

export interface RNN extends SingleStateCall {}

/**
 * A recurrent network: hₜ = tanh(W_ih xₜ + b_ih + W_hh hₜ₋₁ + b_hh), or relu.
 *
 * @param input_size - the size of an element of the input
 * @param hidden_size - the size of the hidden state
 * @param num_layers - how many layers stand one upon another. Default: 1
 * @param nonlinearity - `'tanh'` or `'relu'`. Default: `'tanh'`
 * @param bias - whether there are biases. Default: true
 * @param batch_first - whether the batch is the first dimension of inputs and outputs. Default: false
 * @param dropout - the probability of dropout after each layer but the last. Default: 0
 * @param bidirectional - whether a second network reads from the end. Default: false
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
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

  constructor(...args: Call<typeof RNN_PARAMETERS>)
  constructor(...args: UsualCall<typeof RNN_PARAMETERS>)
  constructor(...args: unknown[]) {
    refuse_projection(args)
    const { nonlinearity, ...given } = RNN_PARAMETERS.take(args)
    if (nonlinearity !== 'tanh' && nonlinearity !== 'relu')
      throw value_error(`Unknown nonlinearity '${nonlinearity}'. Select from 'tanh' or 'relu'.`)
    super({ ...given, mode: nonlinearity === 'tanh' ? 'RNN_TANH' : 'RNN_RELU' })
    this.nonlinearity = nonlinearity
  }

  override _operator(): Recurrence {
    return (this.mode === 'RNN_TANH' ? ops.rnn_tanh : ops.rnn_relu) as unknown as Recurrence
  }
}

const GRU_PARAMETERS = signature('GRU', ...SIZES, ...STRUCTURE, ...FACTORY)

export interface GRU extends SingleStateCall {}

/**
 * A gated recurrent unit: rₜ = σ(W_ir xₜ + b_ir + W_hr hₜ₋₁ + b_hr), zₜ likewise,
 * nₜ = tanh(W_in xₜ + b_in + rₜ (W_hn hₜ₋₁ + b_hn)), hₜ = (1 − zₜ) nₜ + zₜ hₜ₋₁.
 *
 * @param input_size - the size of an element of the input
 * @param hidden_size - the size of the hidden state
 * @param num_layers - how many layers stand one upon another. Default: 1
 * @param bias - whether there are biases. Default: true
 * @param batch_first - whether the batch is the first dimension of inputs and outputs. Default: false
 * @param dropout - the probability of dropout after each layer but the last. Default: 0
 * @param bidirectional - whether a second network reads from the end. Default: false
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
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
  constructor(...args: Call<typeof GRU_PARAMETERS>)
  constructor(...args: UsualCall<typeof GRU_PARAMETERS>)
  constructor(...args: unknown[]) {
    refuse_projection(args)
    super({ ...GRU_PARAMETERS.take(args), mode: 'GRU' })
  }
}

type States = readonly [h_0: Tensor, c_0: Tensor]

const LSTM_PARAMETERS = signature('LSTM', ...SIZES, ...STRUCTURE, PROJECTION, ...FACTORY)

const LSTM_FORWARD = signature(
  'forward',
  { input: required<Tensor | PackedSequence>() },
  { hx: optional<States | null>(null) },
)

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
 * @param bias - whether there are biases. Default: true
 * @param batch_first - whether the batch is the first dimension of inputs and outputs. Default: false
 * @param dropout - the probability of dropout after each layer but the last. Default: 0
 * @param bidirectional - whether a second network reads from the end. Default: false
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
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
  constructor(...args: Call<typeof LSTM_PARAMETERS>)
  constructor(...args: UsualCall<typeof LSTM_PARAMETERS>)
  constructor(...args: unknown[]) {
    super({ ...LSTM_PARAMETERS.take(args), mode: 'LSTM' })
  }

  /**
   * @param input - (L, N, input_size), (N, L, input_size) with `batch_first`, (L, input_size), or a packed sequence
   * @param hx - the first hidden and cell states. Default: zeros
   * @returns the outputs of the last layer, and the last states of each layer and direction
   */
  override forward(...args: AnyCall<typeof LSTM_FORWARD>): [Tensor | PackedSequence, [Tensor, Tensor]] {
    const [input, hx] = LSTM_FORWARD.bind(args)
    const sequences = this._sequences(input)
    const { batch_sizes, count, unsorted_indices } = sequences
    const states = this._states(hx, sequences)
    this.check_input(sequences.input, batch_sizes)
    this.check_hidden_size(states[0], this._state_shape(count), 'Expected hidden[0] size {}, got {}')
    this.check_hidden_size(
      states[1],
      this._state_shape(count, this.hidden_size),
      'Expected hidden[1] size {}, got {}',
    )
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
