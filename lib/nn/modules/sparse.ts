import type { DeviceLike } from '../../device.js'
import type { DType } from '../../dtype.js'
import { take_options } from '../../ops/keywords.js'
import type { Tensor } from '../../tensor.js'
import * as F from '../functional.js'
import { py_string } from '../repr.js'
import {
  EmbeddingTable,
  expect_table,
  TABLE_DEFAULTS,
  type Table,
  type TableOptions,
} from './embedding_table.js'
import type { Int, Rest } from './utils.js'

/** Keywords of {@link Embedding}. */
export interface EmbeddingModuleOptions extends TableOptions {
  /** Whether the table is not learnt. Default: false. */
  _freeze?: boolean
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
      { ...TABLE_DEFAULTS, _freeze: false },
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
      { ...TABLE_DEFAULTS, mode: 'mean', include_last_offset: false },
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
