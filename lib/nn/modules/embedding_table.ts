import { without_grad } from '../../autograd/grad_mode.js'
import type { DeviceLike } from '../../device.js'
import type { DType } from '../../dtype.js'
import { assertion_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import { bool, float, nullable_float } from '../../python/checks.js'
import { methods } from '../../python/methods.js'
import { optional, optional_tensor, required } from '../../python/parameters.js'
import type { Tensor } from '../../tensor.js'
import * as init from '../init.js'
import { Parameter } from '../parameter.js'
import { py_bool, py_float } from '../repr.js'
import { factory_options } from './linear.js'
import { Module } from './module.js'
import { type Int, whole_number } from './utils.js'

export type Table = {
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

/** Entries of both tables' signatures, by name: their order differs. */
export const TABLE = {
  sizes: [{ num_embeddings: required<Int>() }, { embedding_dim: required<Int>() }],
  padding_idx: { padding_idx: optional<Int | null>(null) },
  norm: [
    { max_norm: optional<number | null>(null, nullable_float) },
    { norm_type: optional(2, float) },
    { scale_grad_by_freq: optional(false, bool) },
  ],
  sparse: { sparse: optional(false, bool) },
  weight: { _weight: optional_tensor },
} as const

/** What the two tables share. */
export class EmbeddingTable extends Module {
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
    this.max_norm = given.max_norm
    this.norm_type = given.norm_type
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

  static {
    methods(EmbeddingTable, { reset_parameters: '' })
  }
}

/** The sizes of a table that is there already. */
export function expect_table(embeddings: Tensor): { num_embeddings: number; embedding_dim: number } {
  if (embeddings.ndim !== 2) throw assertion_error('Embeddings parameter is expected to be 2-dimensional')
  const [num_embeddings, embedding_dim] = embeddings.shape as [number, number]
  return { num_embeddings, embedding_dim }
}
