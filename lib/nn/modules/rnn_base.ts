import { is_any_autocast_enabled } from '../../amp/autocast_state.js'
import { runtime_error, type_error, value_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import { own_value } from '../../own.js'
import { bool } from '../../python/checks.js'
import { methods } from '../../python/methods.js'
import { optional, required } from '../../python/parameters.js'
import { type Call, type GivenBy, signature, type UsualCall } from '../../python/signature.js'
import { FloatScalar } from '../../scalar.js'
import type { Tensor } from '../../tensor.js'
import { warn_once } from '../../warn.js'
import * as init from '../init.js'
import { Parameter } from '../parameter.js'
import { py_bool, py_float, py_ints } from '../repr.js'
import { PackedSequence } from '../utils/packed_sequence.js'
import { fields_of } from './internals.js'
import { FACTORY, factory_options } from './linear.js'
import { Module } from './module.js'
import { type_name } from './registration.js'
import { type Int, whole_number } from './utils.js'

/** What a recurrent network computes at each step. */
export type RNNMode = 'LSTM' | 'GRU' | 'RNN_TANH' | 'RNN_RELU'

/** The parameters of the recurrent networks in runs: what comes first, and what comes between. */
export const SIZES = [
  { input_size: required<Int>() },
  { hidden_size: required<Int>() },
  { num_layers: optional<Int>(1) },
] as const
export const STRUCTURE = [
  { bias: optional(true) },
  { batch_first: optional(false) },
  { dropout: optional<number>(0) },
  { bidirectional: optional(false, bool) },
] as const
export const PROJECTION = { proj_size: optional<Int>(0) } as const

const RNN_BASE = signature(
  'RNNBase',
  { mode: required<RNNMode>() },
  ...SIZES,
  ...STRUCTURE,
  PROJECTION,
  ...FACTORY,
)

type RNNArguments = GivenBy<typeof RNN_BASE>

const GATES: Record<RNNMode, number> = { LSTM: 4, GRU: 3, RNN_TANH: 1, RNN_RELU: 1 }

function check(given: RNNArguments): void {
  const { dropout, num_layers, bias, batch_first, mode } = given
  const probability: unknown = dropout
  if (
    (typeof probability !== 'number' && !(probability instanceof FloatScalar)) ||
    !(Number(probability) >= 0 && Number(probability) <= 1)
  )
    throw value_error(
      'dropout should be a number in range [0, 1] representing the probability of an element being zeroed',
    )
  if (Number(probability) > 0 && Number(num_layers) === 1)
    process.emitWarning(
      'dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects num_layers greater ' +
        `than 1, but got dropout=${py_float(Number(probability))} and num_layers=${num_layers}`,
    )
  if (typeof bias !== 'boolean') throw type_error(`bias should be of type bool, got: ${type_name(bias)}`)
  if (typeof batch_first !== 'boolean')
    throw type_error(`batch_first should be of type bool, got: ${type_name(batch_first)}`)
  for (const name of ['input_size', 'hidden_size'] as const) {
    const size = given[name]
    if (typeof size !== 'bigint' && !Number.isSafeInteger(size))
      throw type_error(
        `${name} should be of type int, got: ${typeof size === 'number' ? 'float' : type_name(size)}`,
      )
    if (size <= 0) throw value_error(`${name} must be greater than zero`)
  }
  if (num_layers <= 0) throw value_error('num_layers must be greater than zero')
  if (given.proj_size < 0)
    throw value_error('proj_size should be a positive integer or zero to disable projections')
  if (given.proj_size >= given.hidden_size) throw value_error('proj_size has to be smaller than hidden_size')
  if (!Object.hasOwn(GATES, mode)) throw value_error(`Unrecognized RNN mode: ${mode}`)
}

/** Sequences as a network computes with them. */
export interface Sequences {
  input: Tensor
  batch_sizes: Tensor | null
  sorted_indices: Tensor | null
  unsorted_indices: Tensor | null
  /** How many sequences there are. */
  count: number
  /** The dimension of the batch that was added, or null. */
  added: number | null
}

/**
 * What RNN, LSTM and GRU share: the parameters of each layer and direction.
 *
 * @param mode - `'LSTM'`, `'GRU'`, `'RNN_TANH'` or `'RNN_RELU'`
 * @param input_size - the size of an element of the input
 * @param hidden_size - the size of the hidden state
 * @param num_layers - how many layers stand one upon another. Default: 1
 * @param bias - whether there are biases. Default: true
 * @param batch_first - whether the batch is the first dimension of inputs and outputs. Default: false
 * @param dropout - the probability of dropout after each layer but the last. Default: 0
 * @param bidirectional - whether a second network reads from the end. Default: false
 * @param proj_size - the size that the hidden state is projected to; 0 for none. Default: 0
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
 *
 * @see torch/nn/modules/rnn.py
 */
export class RNNBase extends Module {
  declare mode: RNNMode
  declare input_size: number
  declare hidden_size: number
  declare num_layers: number
  declare bias: boolean
  declare batch_first: boolean
  declare dropout: number
  declare bidirectional: boolean
  declare proj_size: number
  /** The parameters' names, in the order in which operators take them. */
  declare _flat_weights_names: string[]
  declare _all_weights: string[][]

  constructor(...args: Call<typeof RNN_BASE>)
  constructor(...args: UsualCall<typeof RNN_BASE>)
  constructor(...args: unknown[]) {
    super()
    const given = RNN_BASE.take(args, new.target.name)
    check(given)
    this.mode = given.mode
    this.input_size = Number(given.input_size)
    this.hidden_size = Number(given.hidden_size)
    this.num_layers = whole_number(given.num_layers, 'num_layers')
    this.bias = given.bias
    this.batch_first = given.batch_first
    this.dropout = Number(given.dropout)
    this.bidirectional = given.bidirectional
    this.proj_size = whole_number(given.proj_size, 'proj_size')
    this._flat_weights_names = []
    this._all_weights = []
    for (let layer = 0; layer < this.num_layers; layer++)
      for (const suffix of this.bidirectional ? ['', '_reverse'] : ['']) this._add_layer(layer, suffix, given)
    this.reset_parameters()
  }

  private _add_layer(layer: number, suffix: string, given: RNNArguments): void {
    const { hidden_size, proj_size, bias } = this
    const gates = GATES[this.mode] * hidden_size
    const state = proj_size > 0 ? proj_size : hidden_size
    const input = layer === 0 ? this.input_size : state * this._directions
    const factory = factory_options(given.device, given.dtype)
    const shapes: [string, number[]][] = [
      ['weight_ih', [gates, input]],
      ['weight_hh', [gates, state]],
      ...(bias
        ? [['bias_ih', [gates]] as [string, number[]], ['bias_hh', [gates]] as [string, number[]]]
        : []),
      ...(proj_size > 0 ? [['weight_hr', [proj_size, hidden_size]] as [string, number[]]] : []),
    ]
    const names = shapes.map(([name]) => `${name}_l${layer}${suffix}`)
    shapes.forEach(([, shape], i) => {
      fields_of(this)[names[i]!] = new Parameter(ops.empty(shape, factory))
    })
    this._flat_weights_names.push(...names)
    this._all_weights.push(names)
  }

  private get _directions(): number {
    return this.bidirectional ? 2 : 1
  }

  /** The parameters in the order in which operators take them. */
  get _flat_weights(): Tensor[] {
    return this._flat_weights_names.map((name) => fields_of(this)[name] as Tensor)
  }

  /** The parameters of each layer and direction. */
  get all_weights(): Parameter[][] {
    return this._all_weights.map((names) => names.map((name) => fields_of(this)[name] as Parameter))
  }

  /** Puts the parameters one after another in memory, where a GPU's library wants it; elsewhere does nothing. */
  flatten_parameters(): void {}

  /** Draws all parameters anew: U(-1/√hidden_size, 1/√hidden_size). */
  reset_parameters(): void {
    const bound = this.hidden_size > 0 ? 1 / Math.sqrt(this.hidden_size) : 0
    for (const parameter of this.parameters()) init.uniform_(parameter, -bound, bound)
  }

  /** Refuses an input of another dtype, number of dimensions or size. */
  check_input(input: Tensor, batch_sizes: Tensor | null): void {
    const { dtype } = this._flat_weights[0]!
    if (input.dtype !== dtype && !is_any_autocast_enabled())
      throw value_error(
        `RNN input dtype (${input.dtype}) does not match weight dtype (${dtype}). Convert input: input.to(${dtype}), ` +
          `or convert model: model.to(${input.dtype})`,
      )
    const dims = batch_sizes === null ? 3 : 2
    if (input.ndim !== dims) throw runtime_error(`input must have ${dims} dimensions, got ${input.ndim}`)
    const size = input.shape.at(-1)
    if (size !== this.input_size)
      throw runtime_error(
        `input.size(-1) must be equal to input_size. Expected ${this.input_size}, got ${size}`,
      )
  }

  /** The shape of a hidden state, of its own size or the projected one. */
  _state_shape(
    count: number,
    size: number = this.proj_size > 0 ? this.proj_size : this.hidden_size,
  ): number[] {
    return [this.num_layers * this._directions, count, size]
  }

  /** Throws RuntimeError for a hidden state of another shape; `msg` has `{}` for the expected shape and for the other. */
  check_hidden_size(
    hx: Tensor,
    expected_hidden_size: readonly number[],
    msg = 'Expected hidden size {}, got {}',
  ): void {
    if (String(hx.shape) === String(expected_hidden_size)) return
    const sizes = [py_ints(expected_hidden_size), `[${hx.shape.join(', ')}]`]
    throw runtime_error(msg.replaceAll('{}', () => sizes.shift() ?? ''))
  }

  /** A hidden state of zeros. */
  _zeros(input: Tensor, shape: number[]): Tensor {
    return ops.zeros(shape, { dtype: input.dtype, device: input.device })
  }

  /** What a call was given, as operators take it; a batch of one is added where there is none. */
  _sequences(input: Tensor | PackedSequence): Sequences {
    if (input instanceof PackedSequence) {
      const { data, batch_sizes, sorted_indices, unsorted_indices } = input
      const count = Number(batch_sizes.select(0, 0).item())
      return { input: data, batch_sizes, sorted_indices, unsorted_indices, count, added: null }
    }
    if (input.ndim !== 2 && input.ndim !== 3)
      throw value_error(`${this.constructor.name}: Expected input to be 2D or 3D, got ${input.ndim}D instead`)
    const dim = this.batch_first ? 0 : 1
    const added = input.ndim === 2 ? dim : null
    const batch = added === null ? input : input.unsqueeze(dim)
    return {
      input: batch,
      batch_sizes: null,
      sorted_indices: null,
      unsorted_indices: null,
      count: batch.shape[dim]!,
      added,
    }
  }

  /** An output as the call's input was given. */
  _result(output: Tensor, sequences: Sequences): Tensor | PackedSequence {
    const { batch_sizes, sorted_indices, unsorted_indices, added } = sequences
    if (batch_sizes !== null) return new PackedSequence(output, batch_sizes, sorted_indices, unsorted_indices)
    return added === null ? output : output.squeeze(added)
  }

  override extra_repr(): string {
    const parts = [`${this.input_size}, ${this.hidden_size}`]
    if (this.proj_size !== 0) parts.push(`proj_size=${this.proj_size}`)
    if (this.num_layers !== 1) parts.push(`num_layers=${this.num_layers}`)
    if (!this.bias) parts.push(`bias=${py_bool(this.bias)}`)
    if (this.batch_first) parts.push(`batch_first=${py_bool(this.batch_first)}`)
    if (this.dropout !== 0) parts.push(`dropout=${py_float(this.dropout)}`)
    if (this.bidirectional) parts.push(`bidirectional=${py_bool(this.bidirectional)}`)
    return parts.join(', ')
  }

  static {
    methods(RNNBase, {
      flatten_parameters: '',
      reset_parameters: '',
      check_input: 'input, batch_sizes',
      check_hidden_size: 'hx, expected_hidden_size, msg?',
      extra_repr: '',
    })
  }
}

/** The states of sequences in another order. */
export function permuted(state: Tensor, permutation: Tensor | null): Tensor {
  return permutation === null ? state : state.index_select(1, permutation)
}

/**
 * Orders a state's sequences anew.
 *
 * @param tensor - the state, with its sequences along `dim`
 * @param permutation - the places that the sequences come from
 * @param dim - the dimension of sequences. Default: 1
 * @deprecated Use `tensor.index_select(dim, permutation)`.
 * @see torch/nn/modules/rnn.py
 */
export function apply_permutation(
  tensor: Tensor,
  permutation: Tensor,
  dim: number | { dim?: number } = 1,
): Tensor {
  warn_once(
    '`apply_permutation` is deprecated, please use `tensor.index_select(dim, permutation)` instead',
    'FutureWarning',
  )
  return tensor.index_select(typeof dim === 'number' ? dim : (own_value(dim, 'dim') ?? 1), permutation)
}
