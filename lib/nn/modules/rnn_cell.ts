import { runtime_error, value_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import { table } from '../../own.js'
import { bool } from '../../python/checks.js'
import { methods } from '../../python/methods.js'
import { optional, optional_tensor, required, tensor } from '../../python/parameters.js'
import { type AnyCall, type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import * as init from '../init.js'
import { Parameter } from '../parameter.js'
import { FACTORY, factory_options } from './linear.js'
import { Module } from './module.js'
import { type Int, whole_number } from './utils.js'

const SIZES = [{ input_size: required<Int>() }, { hidden_size: required<Int>() }] as const
const BIAS = { bias: optional(true, bool) } as const

const CELL_BASE = signature(
  'RNNCellBase',
  ...SIZES,
  { bias: required<boolean>(bool) },
  { num_chunks: required<Int>() },
  ...FACTORY,
)

const FORWARD = signature('forward', { input: tensor }, { hx: optional_tensor })

/**
 * What the cells share: the parameters of one step of a recurrent network.
 *
 * @param input_size - the size of an element of the input
 * @param hidden_size - the size of the hidden state
 * @param bias - whether there are biases
 * @param num_chunks - how many gates a step has
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
 *
 * @see torch/nn/modules/rnn.py
 */
export class RNNCellBase extends Module {
  declare input_size: number
  declare hidden_size: number
  declare bias: boolean
  /** (num_chunks · hidden_size, input_size) */
  declare weight_ih: Parameter
  /** (num_chunks · hidden_size, hidden_size) */
  declare weight_hh: Parameter
  declare bias_ih: Parameter | null
  declare bias_hh: Parameter | null

  constructor(...args: Call<typeof CELL_BASE>)
  constructor(...args: UsualCall<typeof CELL_BASE>)
  constructor(...args: unknown[]) {
    super()
    const given = CELL_BASE.take(args, new.target.name)
    this.input_size = whole_number(given.input_size, 'input_size')
    this.hidden_size = whole_number(given.hidden_size, 'hidden_size')
    this.bias = given.bias
    const gates = whole_number(given.num_chunks, 'num_chunks') * this.hidden_size
    const factory = factory_options(given.device, given.dtype)
    const learnt = (shape: number[]) => new Parameter(ops.empty(shape, factory))
    this.weight_ih = learnt([gates, this.input_size])
    this.weight_hh = learnt([gates, this.hidden_size])
    for (const name of ['bias_ih', 'bias_hh'])
      this.register_parameter(name, given.bias ? learnt([gates]) : null)
    this.reset_parameters()
  }

  /** Draws all parameters anew: U(-1/√hidden_size, 1/√hidden_size). */
  reset_parameters(): void {
    const bound = this.hidden_size > 0 ? 1 / Math.sqrt(this.hidden_size) : 0
    for (const parameter of this.parameters()) init.uniform_(parameter, -bound, bound)
  }

  /** Refuses an input of a wrong number of dimensions. */
  _check(input: Tensor): void {
    if (input.ndim !== 1 && input.ndim !== 2)
      throw value_error(`${this.constructor.name}: Expected input to be 1D or 2D, got ${input.ndim}D instead`)
  }

  override extra_repr(): string {
    return `${this.input_size}, ${this.hidden_size}${this.bias ? '' : ', bias=False'}`
  }

  static {
    methods(RNNCellBase, { reset_parameters: '', extra_repr: '' })
  }
}

type Cell = (
  input: Tensor,
  hx: Tensor,
  w_ih: Tensor,
  w_hh: Tensor,
  b_ih: Tensor | null,
  b_hh: Tensor | null,
) => Tensor

function step(cell: RNNCellBase, compute: Cell, input: Tensor, hx: Tensor | null): Tensor {
  cell._check(input)
  if (hx !== null && hx.ndim !== 1 && hx.ndim !== 2)
    throw value_error(`${cell.constructor.name}: Expected hidden to be 1D or 2D, got ${hx.ndim}D instead`)
  const is_batched = input.ndim === 2
  const x = is_batched ? input : input.unsqueeze(0)
  const { dtype, device } = x
  const state =
    hx === null
      ? ops.zeros([x.shape[0]!, cell.hidden_size], { dtype, device })
      : is_batched
        ? hx
        : hx.unsqueeze(0)
  const result = compute(x, state, cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh)
  return is_batched ? result : result.squeeze(0)
}

const RNN_CELL = signature(
  'RNNCell',
  ...SIZES,
  BIAS,
  { nonlinearity: optional<'tanh' | 'relu'>('tanh') },
  ...FACTORY,
)

const CELLS = table<Cell>({ tanh: ops.rnn_tanh_cell as Cell, relu: ops.rnn_relu_cell as Cell })

/**
 * A step of {@link RNN}: h′ = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu.
 *
 * @param input_size - the size of the input
 * @param hidden_size - the size of the state
 * @param bias - whether there are biases. Default: true
 * @param nonlinearity - `'tanh'` or `'relu'`. Default: `'tanh'`
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
 *
 * Shape: (N, input_size) or (input_size), and the state (N, hidden_size) or (hidden_size), to the state's.
 *
 * @example
 * ```ts
 * const rnn = new nn.RNNCell(10, 20)
 * let hx = torch.randn(3, 20)
 * for (const x of torch.randn(6, 3, 10)) hx = rnn(x, hx)
 * ```
 *
 * @see torch/nn/modules/rnn.py
 */
export class RNNCell extends RNNCellBase {
  declare nonlinearity: 'tanh' | 'relu'

  constructor(...args: Call<typeof RNN_CELL>)
  constructor(...args: UsualCall<typeof RNN_CELL>)
  constructor(...args: unknown[]) {
    const given = RNN_CELL.take(args)
    super(given.input_size, given.hidden_size, given.bias, 1, given.device, given.dtype)
    this.nonlinearity = given.nonlinearity
  }

  override forward(...args: AnyCall<typeof FORWARD>): Tensor {
    const [input, hx] = FORWARD.bind(args)
    const cell = CELLS[this.nonlinearity]
    if (cell === undefined) throw runtime_error(`Unknown nonlinearity: ${this.nonlinearity}`)
    return step(this, cell, input, hx)
  }

  override extra_repr(): string {
    const nonlinearity = this.nonlinearity === 'tanh' ? '' : `, nonlinearity=${this.nonlinearity}`
    return super.extra_repr() + nonlinearity
  }

  static {
    methods(RNNCell, { extra_repr: '' })
  }
}

const GRU_CELL = signature('GRUCell', ...SIZES, BIAS, ...FACTORY)

/**
 * A step of {@link GRU}.
 *
 * @param input_size - the size of the input
 * @param hidden_size - the size of the state
 * @param bias - whether there are biases. Default: true
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
 *
 * Shape: as of {@link RNNCell}.
 *
 * @example
 * ```ts
 * const rnn = new nn.GRUCell(10, 20)
 * const hx = rnn(torch.randn(3, 10), torch.randn(3, 20))
 * ```
 *
 * @see torch/nn/modules/rnn.py
 */
export class GRUCell extends RNNCellBase {
  constructor(...args: Call<typeof GRU_CELL>)
  constructor(...args: UsualCall<typeof GRU_CELL>)
  constructor(...args: unknown[]) {
    const given = GRU_CELL.take(args)
    super(given.input_size, given.hidden_size, given.bias, 3, given.device, given.dtype)
  }

  override forward(...args: AnyCall<typeof FORWARD>): Tensor {
    const [input, hx] = FORWARD.bind(args)
    return step(this, ops.gru_cell as Cell, input, hx)
  }
}

type States = readonly [h: Tensor, c: Tensor]

const LSTM_FORWARD = signature('forward', { input: tensor }, { hx: optional<States | null>(null) })

const LSTM_CELL = signature('LSTMCell', ...SIZES, BIAS, ...FACTORY)

/**
 * A step of {@link LSTM}.
 *
 * @param input_size - the size of the input
 * @param hidden_size - the size of the states
 * @param bias - whether there are biases. Default: true
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
 *
 * Shape: (N, input_size) or (input_size), and the two states (N, hidden_size) or (hidden_size), to the next states.
 *
 * @example
 * ```ts
 * const rnn = new nn.LSTMCell(10, 20)
 * const [hx, cx] = rnn(torch.randn(3, 10), [torch.randn(3, 20), torch.randn(3, 20)])
 * ```
 *
 * @see torch/nn/modules/rnn.py
 */
export class LSTMCell extends RNNCellBase {
  constructor(...args: Call<typeof LSTM_CELL>)
  constructor(...args: UsualCall<typeof LSTM_CELL>)
  constructor(...args: unknown[]) {
    const given = LSTM_CELL.take(args)
    super(given.input_size, given.hidden_size, given.bias, 4, given.device, given.dtype)
  }

  override forward(...args: AnyCall<typeof LSTM_FORWARD>): [h: Tensor, c: Tensor] {
    const [input, given] = LSTM_FORWARD.bind(args)
    this._check(input)
    given?.forEach((state, i) => {
      if (state.ndim !== 1 && state.ndim !== 2)
        throw value_error(`LSTMCell: Expected hx[${i}] to be 1D or 2D, got ${state.ndim}D instead`)
    })
    const is_batched = input.ndim === 2
    const x = is_batched ? input : input.unsqueeze(0)
    const { dtype, device } = x
    const zeros = () => ops.zeros([x.shape[0]!, this.hidden_size], { dtype, device })
    let states = given
    if (states === null) {
      const both = zeros()
      states = [both, both]
    } else if (!is_batched) states = [states[0].unsqueeze(0), states[1].unsqueeze(0)]
    const { weight_ih, weight_hh, bias_ih, bias_hh } = this
    const [h, c] = ops.lstm_cell(x, states, weight_ih, weight_hh, bias_ih, bias_hh) as [Tensor, Tensor]
    return is_batched ? [h, c] : [h.squeeze(0), c.squeeze(0)]
  }
}
