import { assertion_error, runtime_error } from '../../errors.js'
import { take_arguments } from '../../ops/arguments.js'
import * as nn from '../../ops/generated/nn.js'
import * as ops from '../../ops/generated/torch.js'
import type { Tensor } from '../../tensor.js'
import { py_ints, py_size } from '../repr.js'
import { canonical_mask } from './attention_mask.js'
import { dropout } from './dropout.js'

/** Keywords of {@link multi_head_attention_forward}. */
export interface MultiHeadAttentionOptions {
  /** Whether weights are dropped out. Default: true. */
  training?: boolean
  /** Keys that are not attended to: true, or −∞ in a float mask. */
  key_padding_mask?: Tensor | null
  /** Whether the weights are returned too. Default: true. */
  need_weights?: boolean
  /** Pairs that are not attended to: true, or what is added to the scores. */
  attn_mask?: Tensor | null
  /** Whether the three projections have weights of their own. Default: false. */
  use_separate_proj_weight?: boolean
  q_proj_weight?: Tensor | null
  k_proj_weight?: Tensor | null
  v_proj_weight?: Tensor | null
  static_k?: Tensor | null
  static_v?: Tensor | null
  /** Whether the weights are averaged over the heads. Default: true. */
  average_attn_weights?: boolean
  /** Whether the mask is the causal one. Default: false. */
  is_causal?: boolean
}

type Given = Required<MultiHeadAttentionOptions> & {
  query: Tensor
  key: Tensor
  value: Tensor
  embed_dim_to_check: number
  num_heads: number
  in_proj_weight: Tensor | null
  in_proj_bias: Tensor | null
  bias_k: Tensor | null
  bias_v: Tensor | null
  add_zero_attn: boolean
  dropout_p: number
  out_proj_weight: Tensor
  out_proj_bias: Tensor | null
}

const NAMES = [
  'query',
  'key',
  'value',
  'embed_dim_to_check',
  'num_heads',
  'in_proj_weight',
  'in_proj_bias',
  'bias_k',
  'bias_v',
  'add_zero_attn',
  'dropout_p',
  'out_proj_weight',
  'out_proj_bias',
  'training',
  'key_padding_mask',
  'need_weights',
  'attn_mask',
  'use_separate_proj_weight',
  'q_proj_weight',
  'k_proj_weight',
  'v_proj_weight',
  'static_k',
  'static_v',
  'average_attn_weights',
  'is_causal',
] as const

const DEFAULTS: Partial<Given> = {
  training: true,
  key_padding_mask: null,
  need_weights: true,
  attn_mask: null,
  use_separate_proj_weight: false,
  q_proj_weight: null,
  k_proj_weight: null,
  v_proj_weight: null,
  static_k: null,
  static_v: null,
  average_attn_weights: true,
  is_causal: false,
}

type Three = [Tensor, Tensor, Tensor]

function expect(condition: boolean, message: string): void {
  if (!condition) throw assertion_error(message)
}

const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, i) => size === b[i])

// Whether there is a batch; throws where the numbers of dimensions do not fit.
function check_shapes(given: Given): boolean {
  const { query, key, value, key_padding_mask, attn_mask, num_heads } = given
  const dims = query.ndim
  if (dims !== 2 && dims !== 3)
    throw assertion_error(
      `query should be unbatched 2D or batched 3D tensor but received ${dims}-D query tensor`,
    )
  const kind = dims === 3 ? 'batched (3-D)' : 'unbatched (2-D)'
  expect(
    key.ndim === dims && value.ndim === dims,
    `For ${kind} \`query\`, expected \`key\` and \`value\` to be ${dims}-D but found ${key.ndim}-D and ${value.ndim}-D ` +
      'tensors respectively',
  )
  if (key_padding_mask !== null)
    expect(
      key_padding_mask.ndim === dims - 1,
      `For ${kind} \`query\`, expected \`key_padding_mask\` to be \`None\` or ${dims - 1}-D but found ` +
        `${key_padding_mask.ndim}-D tensor instead`,
    )
  if (attn_mask === null) return dims === 3
  expect(
    attn_mask.ndim === 2 || attn_mask.ndim === 3,
    `For ${kind} \`query\`, expected \`attn_mask\` to be \`None\`, 2-D or 3-D but found ${attn_mask.ndim}-D tensor instead`,
  )
  if (dims === 2 && attn_mask.ndim === 3) {
    const wanted = [num_heads, query.shape[0]!, key.shape[0]!]
    expect(
      same(attn_mask.shape, wanted),
      `Expected \`attn_mask\` shape to be ${py_ints(wanted)} but got ${py_size(attn_mask.shape)}`,
    )
  }
  return dims === 3
}

// Several projections of one tensor in one product.
function project_together(x: Tensor, weight: Tensor, bias: Tensor | null, count: number): Tensor[] {
  const all = nn.linear(x, weight, bias)
  const stacked = all
    .unflatten(-1, [count, x.shape.at(-1)!])
    .unsqueeze(0)
    .transpose(0, -2)
    .squeeze(-2)
    .contiguous()
  return Array.from({ length: count }, (_, i) => stacked.select(0, i))
}

function in_projection_packed(q: Tensor, k: Tensor, v: Tensor, weight: Tensor, bias: Tensor | null): Three {
  const size = q.shape.at(-1)!
  if (k !== v) {
    const weights = weight.chunk(3)
    const biases = bias?.chunk(3)
    return [q, k, v].map((x, i) => nn.linear(x, weights[i]!, biases?.[i] ?? null)) as Three
  }
  if (q === k) return project_together(q, weight, bias, 3) as Three
  const [w_q, w_kv] = weight.split([size, 2 * size]) as [Tensor, Tensor]
  const [b_q, b_kv] = (bias?.split([size, 2 * size]) ?? [null, null]) as [Tensor | null, Tensor | null]
  return [nn.linear(q, w_q, b_q), ...(project_together(k, w_kv, b_kv, 2) as [Tensor, Tensor])]
}

function in_projection(given: Given): Three {
  const { query, key, value, in_proj_weight, in_proj_bias } = given
  if (!given.use_separate_proj_weight) {
    if (in_proj_weight === null)
      throw assertion_error('use_separate_proj_weight is False but in_proj_weight is None')
    return in_projection_packed(query, key, value, in_proj_weight, in_proj_bias)
  }
  const biases = in_proj_bias?.chunk(3)
  const size = query.shape.at(-1)!
  const parts = [
    ['q', 'query', query],
    ['k', 'key', key],
    ['v', 'value', value],
  ] as const
  const weights = parts.map(([letter, name, x], i) => {
    const weight = given[`${letter}_proj_weight`]
    if (weight === null)
      throw assertion_error(`use_separate_proj_weight is True but ${letter}_proj_weight is None`)
    const wanted = [size, x.shape.at(-1)!]
    expect(
      same(weight.shape, wanted),
      `expecting ${name} weights shape of ${py_ints(wanted)}, but got ${py_size(weight.shape)}`,
    )
    const bias = biases?.[i]
    if (bias !== undefined)
      expect(
        same(bias.shape, [size]),
        `expecting ${name} bias shape of ${py_ints([size])}, but got ${py_size(bias.shape)}`,
      )
    return weight
  })
  return parts.map(([, , x], i) => nn.linear(x, weights[i]!, biases?.[i] ?? null)) as Three
}

function check_attention_mask(mask: Tensor | null, batch: number, given: Given): Tensor | null {
  if (mask === null) return null
  const sizes = [given.query.shape[0]!, given.key.shape[0]!]
  const wanted = mask.ndim === 3 ? [batch * given.num_heads, ...sizes] : sizes
  if (mask.ndim !== 2 && mask.ndim !== 3)
    throw runtime_error(`attn_mask's dimension ${mask.ndim} is not supported`)
  if (!same(mask.shape, wanted))
    throw runtime_error(
      `The shape of the ${mask.ndim}D attn_mask is ${py_size(mask.shape)}, but should be ${py_ints(wanted)}.`,
    )
  return mask.ndim === 2 ? mask.unsqueeze(0) : mask
}

// (L, N, E) to (N · heads, L, E / heads), or the fixed one in its place.
function by_head(
  x: Tensor,
  name: 'static_k' | 'static_v' | null,
  fixed: Tensor | null,
  heads: number,
  head_dim: number,
): Tensor {
  if (fixed === null) return x.view(x.shape[0]!, heads, head_dim).transpose(0, 1)
  expect(fixed.shape[0] === heads, `expecting ${name}.size(0) of ${heads}, but got ${fixed.shape[0]}`)
  expect(fixed.shape[2] === head_dim, `expecting ${name}.size(2) of ${head_dim}, but got ${fixed.shape[2]}`)
  return fixed
}

const one_more_key = (mask: Tensor | null): Tensor | null => mask && nn.pad(mask, [0, 1])

function with_zeros(x: Tensor, heads: number, head_dim: number): Tensor {
  return ops.cat([x, ops.zeros([heads, 1, head_dim], { dtype: x.dtype, device: x.device })], { dim: 1 })
}

interface Attention {
  q: Tensor
  k: Tensor
  v: Tensor
  mask: Tensor | null
  is_causal: boolean
  batch: number
  head_dim: number
}

function check_sizes(given: Given, embed_dim: number, head_dim: number): void {
  const { key, value, num_heads } = given
  expect(
    embed_dim === given.embed_dim_to_check,
    `was expecting embedding dimension of ${given.embed_dim_to_check}, but got ${embed_dim}`,
  )
  expect(head_dim * num_heads === embed_dim, `embed_dim ${embed_dim} not divisible by num_heads ${num_heads}`)
  if (given.use_separate_proj_weight) {
    const [k, v] = [key.shape.slice(0, 2), value.shape.slice(0, 2)]
    expect(same(k, v), `key's sequence and batch dims ${py_size(k)} do not match value's ${py_size(v)}`)
  } else {
    expect(
      same(key.shape, value.shape),
      `key shape ${py_size(key.shape)} does not match value shape ${py_size(value.shape)}`,
    )
  }
}

function check_padding_mask(mask: Tensor, batch: number, length: number): void {
  for (const [dim, wanted] of [batch, length].entries())
    expect(
      mask.shape[dim] === wanted,
      `Expected key_padded_mask.shape[${dim}] to be ${wanted}, but got ${mask.shape[dim]}`,
    )
}

// Queries, keys and values by head, and one mask of all that is not attended to.
function prepare(given: Given): Attention {
  const { query, num_heads, bias_k, bias_v, static_k, static_v, need_weights } = given
  let { key_padding_mask, attn_mask, is_causal } = given
  const target_type = query.dtype
  key_padding_mask = canonical_mask(key_padding_mask, {
    mask_name: 'key_padding_mask',
    other_type: attn_mask?.dtype ?? null,
    other_name: 'attn_mask',
    target_type,
  })
  if (is_causal && attn_mask === null)
    throw runtime_error(
      'Need attn_mask if specifying the is_causal hint. You may use the Transformer module method ' +
        '`generate_square_subsequent_mask` to create this mask.',
    )
  if (is_causal && key_padding_mask === null && !need_weights) attn_mask = null
  else {
    attn_mask = canonical_mask(attn_mask, { mask_name: 'attn_mask', target_type })
    if (key_padding_mask !== null) is_causal = false
  }
  const [length, batch, embed_dim] = query.shape as [number, number, number]
  const head_dim = Math.floor(embed_dim / num_heads)
  check_sizes(given, embed_dim, head_dim)
  let [q, k, v] = in_projection(given)
  attn_mask = check_attention_mask(attn_mask, batch, given)
  if (bias_k !== null && bias_v !== null) {
    expect(static_k === null, 'bias cannot be added to static key.')
    expect(static_v === null, 'bias cannot be added to static value.')
    k = ops.cat([k, bias_k.repeat(1, batch, 1)])
    v = ops.cat([v, bias_v.repeat(1, batch, 1)])
    attn_mask = one_more_key(attn_mask)
    key_padding_mask = one_more_key(key_padding_mask)
  } else {
    expect(bias_k === null, 'bias_k is set but bias_v is None')
    expect(bias_v === null, 'bias_v is set but bias_k is None')
  }
  const heads = batch * num_heads
  q = q.view(length, heads, head_dim).transpose(0, 1)
  k = by_head(k, 'static_k', static_k, heads, head_dim)
  v = by_head(v, 'static_v', static_v, heads, head_dim)
  if (given.add_zero_attn) {
    k = with_zeros(k, heads, head_dim)
    v = with_zeros(v, heads, head_dim)
    attn_mask = one_more_key(attn_mask)
    key_padding_mask = one_more_key(key_padding_mask)
  }
  if (key_padding_mask !== null) {
    const source = k.shape[1]!
    check_padding_mask(key_padding_mask, batch, source)
    const of_keys = key_padding_mask
      .view(batch, 1, 1, source)
      .expand(-1, num_heads, -1, -1)
      .reshape(heads, 1, source)
    attn_mask = attn_mask === null ? of_keys : attn_mask.add(of_keys)
  }
  return { q, k, v, mask: attn_mask, is_causal, batch, head_dim }
}

function with_weights(given: Given, attention: Attention, drop: number): [Tensor, Tensor] {
  const { q, k, v, mask, is_causal, batch } = attention
  const [length, embed_dim] = [given.query.shape[0]!, given.query.shape[2]!]
  const scaled = q.mul(Math.sqrt(1 / attention.head_dim))
  if (is_causal && mask === null) throw assertion_error('FIXME: is_causal not implemented for need_weights')
  const keys = k.transpose(-2, -1)
  const scores = mask === null ? ops.bmm(scaled, keys) : ops.baddbmm(mask, scaled, keys)
  let weights = scores.softmax(-1)
  if (drop > 0) weights = dropout(weights, drop)
  const joined = ops
    .bmm(weights, v)
    .transpose(0, 1)
    .reshape(length * batch, embed_dim)
  const output = nn.linear(joined, given.out_proj_weight, given.out_proj_bias)
  weights = weights.view(batch, given.num_heads, length, k.shape[1]!)
  if (given.average_attn_weights) weights = weights.mean(1)
  return [output.view(length, batch, output.shape[1]!), weights]
}

function without_weights(given: Given, attention: Attention, drop: number): Tensor {
  const { k, v, is_causal, batch, head_dim } = attention
  const { num_heads } = given
  const [length, embed_dim] = [given.query.shape[0]!, given.query.shape[2]!]
  const source = k.shape[1]!
  let { mask } = attention
  if (mask !== null)
    mask =
      mask.shape[0] === 1 && mask.ndim === 3 ? mask.unsqueeze(0) : mask.view(batch, num_heads, -1, source)
  const attended = nn.scaled_dot_product_attention(
    attention.q.view(batch, num_heads, length, head_dim),
    k.view(batch, num_heads, source, head_dim),
    v.view(batch, num_heads, source, head_dim),
    mask,
    drop,
    is_causal,
  )
  const joined = attended.permute(2, 0, 1, 3).reshape(batch * length, embed_dim)
  const output = nn.linear(joined, given.out_proj_weight, given.out_proj_bias)
  return output.view(length, batch, output.shape[1]!)
}

/**
 * Attention of several heads: softmax(Q Kᵀ / √d + mask) V of each head's projections, joined and projected.
 *
 * @param query (L, N, E) or (L, E)
 * @param key (S, N, E) or (S, E)
 * @param value (S, N, E) or (S, E)
 * @returns the output, of the query's shape, and the weights (N, L, S), or null where they are not needed
 * @throws AssertionError and RuntimeError for shapes that do not fit
 * @see torch/nn/functional.py
 */
export function multi_head_attention_forward(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  embed_dim_to_check: number,
  num_heads: number,
  in_proj_weight: Tensor | null,
  in_proj_bias: Tensor | null,
  bias_k: Tensor | null,
  bias_v: Tensor | null,
  add_zero_attn: boolean,
  dropout_p: number,
  out_proj_weight: Tensor,
  out_proj_bias: Tensor | null,
  ...rest: (boolean | Tensor | null | MultiHeadAttentionOptions)[]
): [Tensor, Tensor | null]
export function multi_head_attention_forward(...args: unknown[]): [Tensor, Tensor | null] {
  let given = take_arguments<Given>('multi_head_attention_forward', args, NAMES, DEFAULTS)
  const is_batched = check_shapes(given)
  if (!is_batched) {
    const [query, key, value] = [given.query, given.key, given.value].map((x) => x.unsqueeze(1)) as Three
    const key_padding_mask = given.key_padding_mask?.unsqueeze(0) ?? null
    given = { ...given, query, key, value, key_padding_mask }
  }
  const attention = prepare(given)
  const drop = given.training ? Number(given.dropout_p) : 0
  if (!given.need_weights) {
    const output = without_weights(given, attention, drop)
    return [is_batched ? output : output.squeeze(1), null]
  }
  const [output, weights] = with_weights(given, attention, drop)
  return is_batched ? [output, weights] : [output.squeeze(1), weights.squeeze(0)]
}
