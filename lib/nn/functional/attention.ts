import type { DType } from '../../dtype.js'
import * as dtypes from '../../dtype.js'
import { assertion_error, runtime_error } from '../../errors.js'
import { linear, pad, scaled_dot_product_attention } from '../../ops/generated/nn.js'
import * as ops from '../../ops/generated/torch.js'
import { nullable_tensor, optional, optional_tensor, required, tensor } from '../../python/parameters.js'
import { callable_by_name, signature } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import { py_ints, py_size } from '../repr.js'
import { check_shapes } from './attention_shapes.js'
import { dropout } from './dropout.js'

const SEPARATE = [
  { use_separate_proj_weight: optional(false) },
  { q_proj_weight: optional_tensor },
  { k_proj_weight: optional_tensor },
  { v_proj_weight: optional_tensor },
] as const

const MULTI_HEAD_ATTENTION = signature(
  'multi_head_attention_forward',
  { query: tensor },
  { key: tensor },
  { value: tensor },
  { embed_dim_to_check: required<number>() },
  { num_heads: required<number>() },
  { in_proj_weight: nullable_tensor },
  { in_proj_bias: nullable_tensor },
  { bias_k: nullable_tensor },
  { bias_v: nullable_tensor },
  { add_zero_attn: required<boolean>() },
  { dropout_p: required<number>() },
  { out_proj_weight: tensor },
  { out_proj_bias: nullable_tensor },
  { training: optional(true) },
  { key_padding_mask: optional_tensor },
  { need_weights: optional(true) },
  { attn_mask: optional_tensor },
  ...SEPARATE,
  { static_k: optional_tensor },
  { static_v: optional_tensor },
  { average_attn_weights: optional(true) },
  { is_causal: optional(false) },
)

/** The arguments of one call, by name. */
type Given = ReturnType<typeof MULTI_HEAD_ATTENTION.take>

/** A boolean mask as the numbers that are added to the scores: -inf where it is true. */
export function canonical_mask(
  mask: Tensor | null,
  mask_name: string,
  target_type: DType,
  other: { type: DType; name: string } | null = null,
): Tensor | null {
  if (mask === null) return null
  if (mask.dtype !== dtypes.bool && !mask.dtype.is_floating_point)
    throw assertion_error(`only bool and floating types of ${mask_name} are supported`)
  if (other !== null && mask.dtype !== other.type) {
    process.emitWarning(
      `Support for mismatched ${mask_name} and ${other.name} is deprecated. Use same type for both instead.`,
      'UserWarning',
    )
  }
  if (mask.dtype.is_floating_point) return mask
  return ops.zeros_like(mask, { dtype: target_type }).masked_fill_(mask, Number.NEGATIVE_INFINITY)
}

/** Several projections of one tensor by one product. */
function project_packed(x: Tensor, w: Tensor, b: Tensor | null, parts: number, size: number): Tensor[] {
  return linear(x, w, b)
    .unflatten(-1, [parts, size])
    .unsqueeze(0)
    .transpose(0, -2)
    .squeeze(-2)
    .contiguous()
    .unbind(0)
}

type Projected = [q: Tensor, k: Tensor, v: Tensor]

function project(given: Given): Projected {
  const { query, key, value, in_proj_weight: w, in_proj_bias: b } = given
  if (given.use_separate_proj_weight) return project_apart(given)
  if (w === null) throw assertion_error('use_separate_proj_weight is False but in_proj_weight is None')
  const size = query.size(-1)
  if (key === value) {
    if (query === key) return project_packed(query, w, b, 3, size) as Projected
    const [w_q, w_kv] = w.split([size, size * 2]) as [Tensor, Tensor]
    const [b_q = null, b_kv = null] = b === null ? [] : b.split([size, size * 2])
    return [linear(query, w_q, b_q), ...project_packed(key, w_kv, b_kv, 2, size)] as Projected
  }
  const weights = w.chunk(3)
  const biases = b === null ? [null, null, null] : b.chunk(3)
  return [query, key, value].map((x, i) => linear(x, weights[i]!, biases[i]!)) as Projected
}

function project_apart(given: Given): Projected {
  const { query, key, value, in_proj_bias } = given
  const weights = (['q', 'k', 'v'] as const).map((name) => {
    const weight = given[`${name}_proj_weight`]
    if (weight === null)
      throw assertion_error(`use_separate_proj_weight is True but ${name}_proj_weight is None`)
    return weight
  })
  const biases = in_proj_bias === null ? [null, null, null] : in_proj_bias.chunk(3)
  const size = query.size(-1)
  const names = ['query', 'key', 'value']
  const all = [query, key, value]
  for (const [i, weight] of weights.entries()) {
    const expected = [size, all[i]!.size(-1)]
    if (weight.shape.join() !== expected.join()) {
      throw assertion_error(
        `expecting ${names[i]} weights shape of ${py_ints(expected)}, but got ${py_size(weight.shape)}`,
      )
    }
  }
  for (const [i, bias] of biases.entries()) {
    if (bias !== null && bias.shape.join() !== String(size)) {
      throw assertion_error(`expecting ${names[i]} bias shape of (${size},), but got ${py_size(bias.shape)}`)
    }
  }
  return all.map((x, i) => linear(x, weights[i]!, biases[i]!)) as Projected
}

/** Keys or values as (N·heads, S, E / heads): projected, or those that are there already. */
function by_heads(x: Tensor, fixed: Tensor | null, name: string, batch: number, head_dim: number): Tensor {
  if (fixed === null) return x.view(x.size(0), batch, head_dim).transpose(0, 1)
  for (const [dim, expected] of [
    [0, batch],
    [2, head_dim],
  ] as const) {
    if (fixed.size(dim) !== expected)
      throw assertion_error(`expecting ${name}.size(${dim}) of ${expected}, but got ${fixed.size(dim)}`)
  }
  return fixed
}

function mask_of_three_dims(mask: Tensor, heads: number, length: number, source: number): Tensor {
  const expected = mask.ndim === 2 ? [length, source] : [heads, length, source]
  if (mask.ndim !== 2 && mask.ndim !== 3)
    throw runtime_error(`attn_mask's dimension ${mask.ndim} is not supported`)
  if (mask.shape.join() !== expected.join()) {
    throw runtime_error(
      `The shape of the ${mask.ndim}D attn_mask is ${py_size(mask.shape)}, but should be ${py_ints(expected)}.`,
    )
  }
  return mask.ndim === 2 ? mask.unsqueeze(0) : mask
}

/**
 * Attention of several heads, as `nn.MultiheadAttention` computes it: softmax(q kᵀ / √d) v for each head, projected
 * before and after.
 *
 * @param query - (L, N, E), or (L, E) without a batch
 * @param key - (S, N, E)
 * @param value - (S, N, E)
 * @param embed_dim_to_check - E
 * @param num_heads - heads; E is a multiple of it
 * @param in_proj_weight - (3E, E): the projections of query, key and value; null with separate ones
 * @param in_proj_bias - (3E) or null
 * @param bias_k - (1, 1, E): a further key, or null
 * @param bias_v - (1, 1, E): a further value, or null
 * @param add_zero_attn - whether a key and a value of zeros are added
 * @param dropout_p - the probability that an attention weight is dropped
 * @param out_proj_weight - (E, E)
 * @param out_proj_bias - (E) or null
 * @param training - whether attention weights are dropped. Default: true
 * @param key_padding_mask - (N, S) or (S): true, or -inf, where a key is left out. Default: none
 * @param need_weights - whether the weights come too. Default: true
 * @param attn_mask - (L, S) or (N·heads, L, S): true, or -inf, where attention is not allowed; other numbers are added
 * @param use_separate_proj_weight - whether `q_proj_weight` and its like stand for `in_proj_weight`. Default: false
 * @param static_k - keys that are there already: (N·heads, S, E / heads)
 * @param static_v - values that are there already: (N·heads, S, E / heads)
 * @param average_attn_weights - whether the weights are averaged over the heads. Default: true
 * @param is_causal - says that `attn_mask` is the causal one. Default: false
 * @returns (L, N, E), and the weights (N, L, S) or null
 * @throws AssertionError where shapes do not fit
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * const x = torch.ones(3, 1, 4)
 * const [w, o] = [torch.ones(12, 4), torch.eye(4)]
 * const [output] = torch.nn.functional.multi_head_attention_forward(
 *   x, x, x, 4, 2, w, null, null, null, false, 0, o, null,
 * )
 * output.shape // [3, 1, 4]
 * ```
 * @see torch/nn/functional.py
 */
export const multi_head_attention_forward = callable_by_name(
  MULTI_HEAD_ATTENTION,
  (given): [output: Tensor, weights: Tensor | null] => {
    const batched = check_shapes(given)
    if (!batched) {
      // Three objects, as in Python, even of one tensor: so the projections are not packed, and the last bits are the same.
      given.query = given.query.unsqueeze(1)
      given.key = given.key.unsqueeze(1)
      given.value = given.value.unsqueeze(1)
      given.key_padding_mask &&= given.key_padding_mask.unsqueeze(0)
    }
    return attend(given, batched)
  },
)

function attend(given: Given, batched: boolean): [Tensor, Tensor | null] {
  const { query, key, num_heads, embed_dim_to_check, need_weights } = given
  const [length, batch, embed_dim] = query.shape as [number, number, number]
  let source = key.size(0)
  const { dtype } = query
  let padding = canonical_mask(
    given.key_padding_mask,
    'key_padding_mask',
    dtype,
    given.attn_mask && { type: given.attn_mask.dtype, name: 'attn_mask' },
  )
  let { is_causal, attn_mask } = given
  if (is_causal && attn_mask === null) {
    throw runtime_error(
      'Need attn_mask if specifying the is_causal hint. You may use the Transformer module method `generate_square_subsequent_mask` to create this mask.',
    )
  }
  if (is_causal && padding === null && !need_weights) attn_mask = null
  else {
    attn_mask = canonical_mask(attn_mask, 'attn_mask', dtype)
    if (padding !== null) is_causal = false
  }
  if (embed_dim !== embed_dim_to_check) {
    throw assertion_error(`was expecting embedding dimension of ${embed_dim_to_check}, but got ${embed_dim}`)
  }
  const head_dim = Math.floor(embed_dim / num_heads)
  if (head_dim * num_heads !== embed_dim)
    throw assertion_error(`embed_dim ${embed_dim} not divisible by num_heads ${num_heads}`)
  check_keys_and_values(given)

  let [q, k, v] = project(given)
  const heads = batch * num_heads
  if (attn_mask !== null) attn_mask = mask_of_three_dims(attn_mask, heads, length, source)
  const wider = (mask: Tensor | null) => mask && pad(mask, [0, 1])

  const { bias_k, bias_v } = given
  if (bias_k !== null && bias_v !== null) {
    if (given.static_k !== null) throw assertion_error('bias cannot be added to static key.')
    if (given.static_v !== null) throw assertion_error('bias cannot be added to static value.')
    k = ops.cat([k, bias_k.repeat(1, batch, 1)])
    v = ops.cat([v, bias_v.repeat(1, batch, 1)])
    attn_mask = wider(attn_mask)
    padding = wider(padding)
  } else if (bias_k !== null) throw assertion_error('bias_k is set but bias_v is None')
  else if (bias_v !== null) throw assertion_error('bias_v is set but bias_k is None')

  q = q.view(length, heads, head_dim).transpose(0, 1)
  k = by_heads(k, given.static_k, 'static_k', heads, head_dim)
  v = by_heads(v, given.static_v, 'static_v', heads, head_dim)
  if (given.add_zero_attn) {
    const zeros = (x: Tensor) => ops.zeros([heads, 1, head_dim], { dtype: x.dtype, device: x.device })
    k = ops.cat([k, zeros(k)], 1)
    v = ops.cat([v, zeros(v)], 1)
    attn_mask = wider(attn_mask)
    padding = wider(padding)
  }
  source = k.size(1)
  if (padding !== null) {
    check_padding(padding, batch, source)
    const each = padding.view(batch, 1, 1, source).expand(-1, num_heads, -1, -1).reshape(heads, 1, source)
    attn_mask = attn_mask === null ? each : attn_mask.add(each)
  }
  const dropout_p = given.training ? given.dropout_p : 0
  const { out_proj_weight, out_proj_bias } = given

  if (!need_weights) {
    if (attn_mask !== null) {
      attn_mask =
        attn_mask.size(0) === 1 && attn_mask.ndim === 3
          ? attn_mask.unsqueeze(0)
          : attn_mask.view(batch, num_heads, -1, source)
    }
    const split = (x: Tensor, size: number) => x.view(batch, num_heads, size, head_dim)
    const attended = scaled_dot_product_attention(
      split(q, length),
      split(k, source),
      split(v, source),
      attn_mask,
      dropout_p,
      is_causal,
    )
    const flat = attended.permute(2, 0, 1, 3).reshape(batch * length, embed_dim)
    const projected = linear(flat, out_proj_weight, out_proj_bias)
    const output = projected.view(length, batch, projected.size(1))
    return [batched ? output : output.squeeze(1), null]
  }

  const scaled = q.mul(Math.sqrt(1 / head_dim))
  if (is_causal && attn_mask === null)
    throw assertion_error('FIXME: is_causal not implemented for need_weights')
  const scores =
    attn_mask === null
      ? ops.bmm(scaled, k.transpose(-2, -1))
      : ops.baddbmm(attn_mask, scaled, k.transpose(-2, -1))
  let weights = scores.softmax(-1)
  if (dropout_p > 0) weights = dropout(weights, dropout_p)
  const flat = ops
    .bmm(weights, v)
    .transpose(0, 1)
    .reshape(length * batch, embed_dim)
  const projected = linear(flat, out_proj_weight, out_proj_bias)
  const output = projected.view(length, batch, projected.size(1))
  weights = weights.view(batch, num_heads, length, source)
  if (given.average_attn_weights) weights = weights.mean(1)
  return batched ? [output, weights] : [output.squeeze(1), weights.squeeze(0)]
}

function check_keys_and_values({ key, value, use_separate_proj_weight }: Given): void {
  if (use_separate_proj_weight) {
    const [a, b] = [key.shape.slice(0, 2), value.shape.slice(0, 2)]
    if (a.join() === b.join()) return
    throw assertion_error(`key's sequence and batch dims ${py_size(a)} do not match value's ${py_size(b)}`)
  }
  if (key.shape.join() === value.shape.join()) return
  throw assertion_error(`key shape ${py_size(key.shape)} does not match value shape ${py_size(value.shape)}`)
}

function check_padding(mask: Tensor, batch: number, source: number): void {
  for (const [dim, expected] of [
    [0, batch],
    [1, source],
  ] as const) {
    if (mask.size(dim) === expected) continue
    throw assertion_error(
      `Expected key_padded_mask.shape[${dim}] to be ${expected}, but got ${mask.size(dim)}`,
    )
  }
}
