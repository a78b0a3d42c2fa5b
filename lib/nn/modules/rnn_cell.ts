import type { DeviceLike } from '../../device.js'
import type { DType } from '../../dtype.js'
import { runtime_error, value_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import { is_options, take_options } from '../../ops/keywords.js'
import type { Tensor } from '../../tensor.js'
import * as init from '../init.js'
import { Parameter } from '../parameter.js'
import { type FactoryOptions, factory_options } from './linear.js'
import { Module } from './module.js'
import { type Int, type Rest, whole_number } from './utils.js'

/** Keywords of the cells. */
export interface CellOptions extends FactoryOptions {
  /** Whether there are biases. Default: true. */
  bias?: boolean
}

type CellArguments = Required<CellOptions> & { input_size: Int; hidden_size: Int }

type CellRest = Rest<[bias: boolean, device: DeviceLike | null, dtype: DType | null], CellOptions>

const NAMES = ['input_size', 'hidden_size', 'bias', 'device', 'dtype'] as const
const DEFAULTS = { bias: true, device: null, dtype: null }

const take_cell = (name: string, args: readonly unknown[]): CellArguments =>
  take_options<CellArguments>(name, args, NAMES, DEFAULTS)

/**
 * What the cells share: the parameters of one step of a recurrent network.
 *
 * @param input_size - the size of an element of the input
 * @param hidden_size - the size of the hidden state
 * @param bias - whether there are biases
 * @param num_chunks - how many gates a step has
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

  constructor(
    input_size: Int,
    hidden_size: Int,
    bias: boolean,
    num_chunks: Int,
    ...rest: Rest<[device: DeviceLike | null, dtype: DType | null], FactoryOptions>
  )
  constructor(...args: unknown[]) {
    super()
    const given = take_options<CellArguments & { num_chunks: Int }>(
      new.target.name,
      args,
      ['input_size', 'hidden_size', 'bias', 'num_chunks', 'device', 'dtype'],
      { device: null, dtype: null },
    )
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
}

type Cell = (
  input: Tensor,
  hx: Tensor,
  w_ih: Tensor,
  w_hh: Tensor,
  b_ih: Tensor | null,
  b_hh: Tensor | null,
) => Tensor

function step(cell: RNNCellBase, compute: Cell, input: Tensor, given: Tensor | null | object): Tensor {
  const hx = is_options(given) ? ((given['hx'] as Tensor | undefined) ?? null) : (given as Tensor | null)
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

/** Keywords of {@link RNNCell}. */
export interface RNNCellOptions extends CellOptions {
  /** `'tanh'` or `'relu'`. Default: `'tanh'`. */
  nonlinearity?: 'tanh' | 'relu'
}

/**
 * A step of {@link RNN}: h′ = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu.
 *
 * @param input_size - the size of the input
 * @param hidden_size - the size of the state
 * @param bias - whether there are biases. Default: true
 * @param nonlinearity - `'tanh'` or `'relu'`. Default: `'tanh'`
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

  constructor(
    input_size: Int,
    hidden_size: Int,
    ...rest: Rest<
      [bias: boolean, nonlinearity: 'tanh' | 'relu', device: DeviceLike | null, dtype: DType | null],
      RNNCellOptions
    >
  )
  constructor(options: { input_size: Int; hidden_size: Int } & RNNCellOptions)
  constructor(...args: unknown[]) {
    const given = take_options<CellArguments & { nonlinearity: 'tanh' | 'relu' }>(
      'RNNCell',
      args,
      ['input_size', 'hidden_size', 'bias', 'nonlinearity', 'device', 'dtype'],
      { ...DEFAULTS, nonlinearity: 'tanh' },
    )
    super(given.input_size, given.hidden_size, given.bias, 1, given.device, given.dtype)
    this.nonlinearity = given.nonlinearity
  }

  override forward(input: Tensor, hx: Tensor | null | { hx?: Tensor | null } = null): Tensor {
    const cells: Record<string, Cell> = { tanh: ops.rnn_tanh_cell as Cell, relu: ops.rnn_relu_cell as Cell }
    const cell = cells[this.nonlinearity]
    if (cell === undefined) throw runtime_error(`Unknown nonlinearity: ${this.nonlinearity}`)
    return step(this, cell, input, hx)
  }

  override extra_repr(): string {
    const nonlinearity = this.nonlinearity === 'tanh' ? '' : `, nonlinearity=${this.nonlinearity}`
    return super.extra_repr() + nonlinearity
  }
}

/**
 * A step of {@link GRU}.
 *
 * @param input_size - the size of the input
 * @param hidden_size - the size of the state
 * @param bias - whether there are biases. Default: true
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
  constructor(input_size: Int, hidden_size: Int, ...rest: CellRest)
  constructor(options: { input_size: Int; hidden_size: Int } & CellOptions)
  constructor(...args: unknown[]) {
    const given = take_cell('GRUCell', args)
    super(given.input_size, given.hidden_size, given.bias, 3, given.device, given.dtype)
  }

  override forward(input: Tensor, hx: Tensor | null | { hx?: Tensor | null } = null): Tensor {
    return step(this, ops.gru_cell as Cell, input, hx)
  }
}

type States = readonly [h: Tensor, c: Tensor]

/**
 * A step of {@link LSTM}.
 *
 * @param input_size - the size of the input
 * @param hidden_size - the size of the states
 * @param bias - whether there are biases. Default: true
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
  constructor(input_size: Int, hidden_size: Int, ...rest: CellRest)
  constructor(options: { input_size: Int; hidden_size: Int } & CellOptions)
  constructor(...args: unknown[]) {
    const given = take_cell('LSTMCell', args)
    super(given.input_size, given.hidden_size, given.bias, 4, given.device, given.dtype)
  }

  override forward(input: Tensor, hx: States | null | { hx?: States | null } = null): [h: Tensor, c: Tensor] {
    const given = (is_options(hx) ? (hx['hx'] ?? null) : hx) as States | null
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
