import { without_grad } from '../../autograd/grad_mode.js'
import type { DeviceLike } from '../../device.js'
import type { DType } from '../../dtype.js'
import { assertion_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import { take_options } from '../../ops/keywords.js'
import type { Tensor } from '../../tensor.js'
import * as F from '../functional.js'
import * as init from '../init.js'
import { Parameter } from '../parameter.js'
import { py_bool, py_float, py_string } from '../repr.js'
import { type FactoryOptions, factory_options } from './linear.js'
import { Module } from './module.js'
import { float_number, type Int, type Rest, whole_number } from './utils.js'

type Table = {
  num_embeddings: Int
  embedding_dim: Int
  padding_idx: Int | null
  max_norm: number | null
  norm_type: number
  scale_grad_by_freq: boolean
  sparse: boolean
  _weight: Tensor | null
  device: DeviceLike | null
  dtype: DType | null
}

/** Keywords of both tables of embeddings. */
interface TableOptions extends FactoryOptions {
  /** Rows of a greater norm are scaled down to it where they are used, in place. Default: not at all. */
  max_norm?: number | null
  /** The p of that norm. Default: 2. */
  norm_type?: number
  /** Whether gradients are divided by how often a row was used. Default: false. */
  scale_grad_by_freq?: boolean
  /** Whether the weight's gradient is sparse. Default: false. */
  sparse?: boolean
  /** A row that gets no gradient; negative ones count from the end. Default: none. */
  padding_idx?: Int | null
  /** The table itself, instead of random numbers. */
  _weight?: Tensor | null
}

/** What the two tables share. */
class EmbeddingTable extends Module {
  declare num_embeddings: number
  declare embedding_dim: number
  declare padding_idx: number | null
  declare max_norm: number | null
  declare norm_type: number
  declare scale_grad_by_freq: boolean
  /** (num_embeddings, embedding_dim) */
  declare weight: Parameter
  declare sparse: boolean

  constructor(given: Table, wrong_padding: string, freeze: boolean) {
    super()
    this.num_embeddings = whole_number(given.num_embeddings, 'num_embeddings')
    this.embedding_dim = whole_number(given.embedding_dim, 'embedding_dim')
    const shape = [this.num_embeddings, this.embedding_dim]
    let padding_idx = given.padding_idx === null ? null : whole_number(given.padding_idx, 'padding_idx')
    if (padding_idx !== null) {
      const rows = this.num_embeddings
      if (padding_idx < -rows || (padding_idx >= rows && padding_idx !== 0))
        throw assertion_error(wrong_padding)
      if (padding_idx < 0) padding_idx += rows
    }
    this.padding_idx = padding_idx
    this.max_norm = given.max_norm === null ? null : float_number(given.max_norm)
    this.norm_type = float_number(given.norm_type)
    this.scale_grad_by_freq = given.scale_grad_by_freq
    this.sparse = given.sparse
    const { _weight } = given
    if (_weight !== null && (_weight.ndim !== 2 || shape.some((size, i) => size !== _weight.shape[i])))
      throw assertion_error('Shape of weight does not match num_embeddings and embedding_dim')
    const table = _weight ?? ops.empty(shape, factory_options(given.device, given.dtype))
    this.weight = new Parameter(table, !freeze)
    if (_weight === null) this.reset_parameters()
  }

  /** Draws the table from N(0, 1), and zeroes the padding row. */
  reset_parameters(): void {
    init.normal_(this.weight)
    this._fill_padding_idx_with_zero()
  }

  /** Zeroes the padding row. */
  _fill_padding_idx_with_zero(): void {
    const { padding_idx } = this
    if (padding_idx !== null) without_grad(() => this.weight.select(0, padding_idx).fill_(0))
  }

  /** The norm's options as they are printed, where they are not the defaults. */
  _norm_repr(): string[] {
    return [
      ...(this.max_norm === null ? [] : [`max_norm=${py_float(this.max_norm)}`]),
      ...(this.norm_type === 2 ? [] : [`norm_type=${py_float(this.norm_type)}`]),
      ...(this.scale_grad_by_freq ? [`scale_grad_by_freq=${py_bool(true)}`] : []),
    ]
  }
}

function expect_table(embeddings: Tensor): { num_embeddings: number; embedding_dim: number } {
  if (embeddings.ndim !== 2) throw assertion_error('Embeddings parameter is expected to be 2-dimensional')
  const [num_embeddings, embedding_dim] = embeddings.shape as [number, number]
  return { num_embeddings, embedding_dim }
}

/** Keywords of {@link Embedding}. */
export interface EmbeddingModuleOptions extends TableOptions {
  /** Whether the table is not learnt. Default: false. */
  _freeze?: boolean
}

const DEFAULTS = {
  padding_idx: null,
  max_norm: null,
  norm_type: 2,
  scale_grad_by_freq: false,
  sparse: false,
  _weight: null,
  device: null,
  dtype: null,
}

type PretrainedOptions = Omit<TableOptions, '_weight' | 'device' | 'dtype'> & { freeze?: boolean }

/**
 * A table of vectors, looked up by whole numbers: output[…] = weight[input[…]].
 *
 * @param num_embeddings - how many rows the table has
 * @param embedding_dim - the size of each row
 * @param padding_idx - a row of zeros that is not learnt; negative ones count from the end. Default: none
 * @param max_norm - rows of a greater norm are scaled down to it where they are used. Default: not at all
 * @throws AssertionError for a padding_idx outside the table
 *
 * Shape: (*) of integers to (*, embedding_dim).
 *
 * @example
 * ```ts
 * const embedding = new nn.Embedding(10, 3, { padding_idx: 0 })
 * const output = embedding(torch.tensor([[1n, 2n, 4n, 5n], [4n, 3n, 2n, 9n]]))
 * console.log(output.shape) // [2, 4, 3]
 * ```
 *
 * @see torch/nn/modules/sparse.py
 */
export class Embedding extends EmbeddingTable {
  constructor(
    num_embeddings: Int,
    embedding_dim: Int,
    ...rest: Rest<
      [
        padding_idx: Int | null,
        max_norm: number | null,
        norm_type: number,
        scale_grad_by_freq: boolean,
        sparse: boolean,
        _weight: Tensor | null,
        _freeze: boolean,
        device: DeviceLike | null,
        dtype: DType | null,
      ],
      EmbeddingModuleOptions
    >
  )
  constructor(options: { num_embeddings: Int; embedding_dim: Int } & EmbeddingModuleOptions)
  constructor(...args: unknown[]) {
    const given = take_options<Table & { _freeze: boolean }>(
      'Embedding',
      args,
      [
        'num_embeddings',
        'embedding_dim',
        'padding_idx',
        'max_norm',
        'norm_type',
        'scale_grad_by_freq',
        'sparse',
        '_weight',
        '_freeze',
        'device',
        'dtype',
      ],
      { ...DEFAULTS, _freeze: false },
    )
    super(given, 'Padding_idx must be within num_embeddings', given._freeze)
  }

  override forward(input: Tensor): Tensor {
    return F.embedding(
      input,
      this.weight,
      this.padding_idx,
      this.max_norm,
      this.norm_type,
      this.scale_grad_by_freq,
      this.sparse,
    )
  }

  override extra_repr(): string {
    const padding = this.padding_idx === null ? [] : [`padding_idx=${this.padding_idx}`]
    const sparse = this.sparse ? ['sparse=True'] : []
    return [
      `${this.num_embeddings}, ${this.embedding_dim}`,
      ...padding,
      ...this._norm_repr(),
      ...sparse,
    ].join(', ')
  }

  /**
   * A module around a table that is there already.
   *
   * @param embeddings - the table, (num_embeddings, embedding_dim)
   * @param freeze - whether it is not learnt. Default: true
   * @throws AssertionError for a tensor of another number of dimensions
   */
  static from_pretrained(
    embeddings: Tensor,
    ...rest: Rest<
      [
        freeze: boolean,
        padding_idx: Int | null,
        max_norm: number | null,
        norm_type: number,
        scale_grad_by_freq: boolean,
        sparse: boolean,
      ],
      PretrainedOptions
    >
  ): Embedding
  static from_pretrained(...args: unknown[]): Embedding {
    const { embeddings, freeze, ...options } = take_options<
      Required<PretrainedOptions> & { embeddings: Tensor }
    >(
      'from_pretrained',
      args,
      ['embeddings', 'freeze', 'padding_idx', 'max_norm', 'norm_type', 'scale_grad_by_freq', 'sparse'],
      {
        freeze: true,
        padding_idx: null,
        max_norm: null,
        norm_type: 2,
        scale_grad_by_freq: false,
        sparse: false,
      },
    )
    return new Embedding({ ...expect_table(embeddings), ...options, _weight: embeddings, _freeze: freeze })
  }
}

/** How the rows of a bag become one. */
export type BagMode = 'sum' | 'mean' | 'max'

/** Keywords of {@link EmbeddingBag}. */
export interface EmbeddingBagModuleOptions extends TableOptions {
  /** `'sum'`, `'mean'` or `'max'`. Default: `'mean'`. */
  mode?: BagMode
  /** Whether the last offset is the end of the last bag. Default: false. */
  include_last_offset?: boolean
}

type BagOptions = Omit<EmbeddingBagModuleOptions, '_weight' | 'device' | 'dtype'> & { freeze?: boolean }

/**
 * Sums, means or maxima of bags of a table's rows, without the rows between.
 *
 * @param num_embeddings - how many rows the table has
 * @param embedding_dim - the size of each row
 * @param mode - `'sum'`, `'mean'` or `'max'`. Default: `'mean'`
 * @param include_last_offset - whether the last offset is the end of the last bag. Default: false
 * @throws AssertionError for a padding_idx outside the table
 *
 * Shape: (B, N) of integers, or (N) with offsets (B), to (B, embedding_dim).
 *
 * @example
 * ```ts
 * const bag = new nn.EmbeddingBag(10, 3, { mode: 'sum' })
 * const output = bag(torch.tensor([1n, 2n, 4n, 5n, 4n, 3n]), torch.tensor([0n, 4n]))
 * console.log(output.shape) // [2, 3]
 * ```
 *
 * @see torch/nn/modules/sparse.py
 */
export class EmbeddingBag extends EmbeddingTable {
  declare mode: BagMode
  declare include_last_offset: boolean

  constructor(
    num_embeddings: Int,
    embedding_dim: Int,
    ...rest: Rest<
      [
        max_norm: number | null,
        norm_type: number,
        scale_grad_by_freq: boolean,
        mode: BagMode,
        sparse: boolean,
        _weight: Tensor | null,
        include_last_offset: boolean,
        padding_idx: Int | null,
        device: DeviceLike | null,
        dtype: DType | null,
      ],
      EmbeddingBagModuleOptions
    >
  )
  constructor(options: { num_embeddings: Int; embedding_dim: Int } & EmbeddingBagModuleOptions)
  constructor(...args: unknown[]) {
    const given = take_options<Table & { mode: BagMode; include_last_offset: boolean }>(
      'EmbeddingBag',
      args,
      [
        'num_embeddings',
        'embedding_dim',
        'max_norm',
        'norm_type',
        'scale_grad_by_freq',
        'mode',
        'sparse',
        '_weight',
        'include_last_offset',
        'padding_idx',
        'device',
        'dtype',
      ],
      { ...DEFAULTS, mode: 'mean', include_last_offset: false },
    )
    super(given, 'padding_idx must be within num_embeddings', false)
    this.mode = given.mode
    this.include_last_offset = given.include_last_offset
  }

  /**
   * @param input - indices
   * @param offsets - where each bag begins, for an input of one dimension
   * @param per_sample_weights - a factor for each index, with `'sum'` only
   */
  override forward(
    input: Tensor,
    offsets: Tensor | null | { offsets?: Tensor | null; per_sample_weights?: Tensor | null } = null,
    per_sample_weights: Tensor | null | { per_sample_weights?: Tensor | null } = null,
  ): Tensor {
    const given = take_options<{ offsets: Tensor | null; per_sample_weights: Tensor | null }>(
      'forward',
      [offsets, per_sample_weights].filter((value, i) => i === 0 || value !== null),
      ['offsets', 'per_sample_weights'],
      { offsets: null, per_sample_weights: null },
    )
    return F.embedding_bag(
      input,
      this.weight,
      given.offsets,
      this.max_norm,
      this.norm_type,
      this.scale_grad_by_freq,
      this.mode,
      this.sparse,
      given.per_sample_weights,
      this.include_last_offset,
      this.padding_idx,
    )
  }

  override extra_repr(): string {
    const padding = this.padding_idx === null ? [] : [`padding_idx=${this.padding_idx}`]
    return [
      `${this.num_embeddings}, ${this.embedding_dim}`,
      ...this._norm_repr(),
      `mode=${py_string(this.mode)}`,
      ...padding,
    ].join(', ')
  }

  /** A module around a table that is there already; see {@link Embedding.from_pretrained}. */
  static from_pretrained(
    embeddings: Tensor,
    ...rest: Rest<
      [
        freeze: boolean,
        max_norm: number | null,
        norm_type: number,
        scale_grad_by_freq: boolean,
        mode: BagMode,
        sparse: boolean,
        include_last_offset: boolean,
        padding_idx: Int | null,
      ],
      BagOptions
    >
  ): EmbeddingBag
  static from_pretrained(...args: unknown[]): EmbeddingBag {
    const { embeddings, freeze, ...options } = take_options<Required<BagOptions> & { embeddings: Tensor }>(
      'from_pretrained',
      args,
      [
        'embeddings',
        'freeze',
        'max_norm',
        'norm_type',
        'scale_grad_by_freq',
        'mode',
        'sparse',
        'include_last_offset',
        'padding_idx',
      ],
      {
        freeze: true,
        padding_idx: null,
        max_norm: null,
        norm_type: 2,
        scale_grad_by_freq: false,
        mode: 'mean',
        sparse: false,
        include_last_offset: false,
      },
    )
    const bag = new EmbeddingBag({ ...expect_table(embeddings), ...options, _weight: embeddings })
    bag.weight.requires_grad = !freeze
    return bag
  }
}
