import { bool } from '../../python/checks.js'
import { methods } from '../../python/methods.js'
import { optional, optional_tensor, tensor } from '../../python/parameters.js'
import { type AnyCall, type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import * as F from '../functional.js'
import { py_string } from '../repr.js'
import { EmbeddingTable, expect_table, TABLE } from './embedding_table.js'
import { FACTORY } from './linear.js'

const EMBEDDING = signature(
  'Embedding',
  ...TABLE.sizes,
  TABLE.padding_idx,
  ...TABLE.norm,
  TABLE.sparse,
  TABLE.weight,
  { _freeze: optional(false, bool) },
  ...FACTORY,
)

const EMBEDDING_PRETRAINED = signature(
  'from_pretrained',
  { embeddings: tensor },
  { freeze: optional(true, bool) },
  TABLE.padding_idx,
  ...TABLE.norm,
  TABLE.sparse,
)

/**
 * A table of vectors, looked up by whole numbers: output[…] = weight[input[…]].
 *
 * @param num_embeddings - how many rows the table has
 * @param embedding_dim - the size of each row
 * @param padding_idx - a row of zeros that is not learnt; negative ones count from the end. Default: none
 * @param max_norm - rows of a greater norm are scaled down to it where they are used. Default: not at all
 * @param norm_type - the p of that norm. Default: 2
 * @param scale_grad_by_freq - whether gradients are divided by how often a row was used. Default: false
 * @param sparse - whether the weight's gradient is sparse. Default: false
 * @param _weight - the table itself, instead of random numbers
 * @param _freeze - whether the table is not learnt. Default: false
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
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
  constructor(...args: Call<typeof EMBEDDING>)
  constructor(...args: UsualCall<typeof EMBEDDING>)
  constructor(...args: unknown[]) {
    const given = EMBEDDING.take(args)
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
  static from_pretrained(...args: Call<typeof EMBEDDING_PRETRAINED>): Embedding
  static from_pretrained(...args: UsualCall<typeof EMBEDDING_PRETRAINED>): Embedding
  static from_pretrained(...args: unknown[]): Embedding {
    const { embeddings, freeze, ...options } = EMBEDDING_PRETRAINED.take(args)
    return new Embedding({ ...expect_table(embeddings), ...options, _weight: embeddings, _freeze: freeze })
  }

  static {
    methods(Embedding, { forward: 'input', extra_repr: '' })
  }
}

/** How the rows of a bag become one. */
export type BagMode = 'sum' | 'mean' | 'max'

const MODE = { mode: optional<BagMode>('mean') } as const
const LAST_OFFSET = { include_last_offset: optional(false, bool) } as const

const BAG = signature(
  'EmbeddingBag',
  ...TABLE.sizes,
  ...TABLE.norm,
  MODE,
  TABLE.sparse,
  TABLE.weight,
  LAST_OFFSET,
  TABLE.padding_idx,
  ...FACTORY,
)

const BAG_PRETRAINED = signature(
  'from_pretrained',
  { embeddings: tensor },
  { freeze: optional(true, bool) },
  ...TABLE.norm,
  MODE,
  TABLE.sparse,
  LAST_OFFSET,
  TABLE.padding_idx,
)

const BAG_FORWARD = signature(
  'forward',
  { input: tensor },
  { offsets: optional_tensor },
  { per_sample_weights: optional_tensor },
)

/**
 * Sums, means or maxima of bags of a table's rows, without the rows between.
 *
 * @param num_embeddings - how many rows the table has
 * @param embedding_dim - the size of each row
 * @param mode - `'sum'`, `'mean'` or `'max'`. Default: `'mean'`
 * @param include_last_offset - whether the last offset is the end of the last bag. Default: false
 * @param padding_idx - A row that gets no gradient; negative ones count from the end. Default: none
 * @param max_norm - rows of a greater norm are scaled down to it where they are used, in place. Default: not at all
 * @param norm_type - the p of that norm. Default: 2
 * @param scale_grad_by_freq - whether gradients are divided by how often a row was used. Default: false
 * @param sparse - whether the weight's gradient is sparse. Default: false
 * @param _weight - the table itself, instead of random numbers
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
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

  constructor(...args: Call<typeof BAG>)
  constructor(...args: UsualCall<typeof BAG>)
  constructor(...args: unknown[]) {
    const given = BAG.take(args)
    super(given, 'padding_idx must be within num_embeddings', false)
    this.mode = given.mode
    this.include_last_offset = given.include_last_offset
  }

  /**
   * @param input - indices
   * @param offsets - where each bag begins, for an input of one dimension
   * @param per_sample_weights - a factor for each index, with `'sum'` only
   */
  override forward(...args: AnyCall<typeof BAG_FORWARD>): Tensor {
    const [input, offsets, per_sample_weights] = BAG_FORWARD.bind(args)
    return F.embedding_bag(
      input,
      this.weight,
      offsets,
      this.max_norm,
      this.norm_type,
      this.scale_grad_by_freq,
      this.mode,
      this.sparse,
      per_sample_weights,
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
  static from_pretrained(...args: Call<typeof BAG_PRETRAINED>): EmbeddingBag
  static from_pretrained(...args: UsualCall<typeof BAG_PRETRAINED>): EmbeddingBag
  static from_pretrained(...args: unknown[]): EmbeddingBag {
    const { embeddings, freeze, ...options } = BAG_PRETRAINED.take(args)
    const bag = new EmbeddingBag({ ...expect_table(embeddings), ...options, _weight: embeddings })
    bag.weight.requires_grad = !freeze
    return bag
  }

  static {
    methods(EmbeddingBag, { extra_repr: '' })
  }
}
