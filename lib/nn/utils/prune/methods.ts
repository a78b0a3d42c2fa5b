import { assertion_error } from '../../../errors.js'
import { norm } from '../../../functional/norm.js'
import { contiguous_format } from '../../../layout.js'
import * as ops from '../../../ops/generated/torch.js'
import { methods } from '../../../python/methods.js'
import { optional, required, tensor } from '../../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../../python/signature.js'
import type { Tensor } from '../../../tensor.js'
import { py_size } from '../../repr.js'
import { type Amount, check_amount, check_structured, count_of } from './amount.js'
import { BasePruningMethod, type PruningType } from './method.js'

const MASK = { compute_mask: 't, default_mask' }
const AMOUNT = { amount: required<Amount>() }
const DIM = { dim: optional(-1) }

const IDENTITY = signature('Identity')
const RANDOM_UNSTRUCTURED = signature('RandomUnstructured', AMOUNT)
const L1_UNSTRUCTURED = signature('L1Unstructured', AMOUNT)
const RANDOM_STRUCTURED = signature('RandomStructured', AMOUNT, DIM)
const LN_STRUCTURED = signature('LnStructured', AMOUNT, { n: required<number | 'fro' | 'nuc'>() }, DIM)
const CUSTOM_FROM_MASK = signature('CustomFromMask', { mask: tensor })

/** Prunes nothing, but puts the mask in its place. */
export class Identity extends BasePruningMethod {
  constructor(...args: Call<typeof IDENTITY>) {
    super()
    IDENTITY.bind(args)
  }

  override compute_mask(_t: Tensor, default_mask: Tensor): Tensor {
    return default_mask
  }

  static {
    methods(Identity, MASK)
  }
}

function without(mask: Tensor, places: Tensor): Tensor {
  const found = mask.clone({ memory_format: contiguous_format })
  found.view(-1).index_fill_(0, places, 0)
  return found
}

/**
 * Prunes elements at random.
 *
 * @param amount - how many, or which share
 */
export class RandomUnstructured extends BasePruningMethod {
  amount: Amount

  constructor(...args: Call<typeof RANDOM_UNSTRUCTURED>)
  constructor(...args: UsualCall<typeof RANDOM_UNSTRUCTURED>)
  constructor(...args: unknown[]) {
    super()
    const { amount } = RANDOM_UNSTRUCTURED.take(args)
    check_amount(amount)
    this.amount = amount
  }

  override compute_mask(t: Tensor, default_mask: Tensor): Tensor {
    const count = count_of(this.amount, t.numel())
    if (count === 0) return default_mask.clone({ memory_format: contiguous_format })
    const [, places] = ops.topk(ops.rand_like(t).view(-1), count)
    return without(default_mask, places)
  }

  static {
    methods(RandomUnstructured, MASK)
  }
}

/**
 * Prunes the elements of the least absolute value.
 *
 * @param amount - how many, or which share
 */
export class L1Unstructured extends BasePruningMethod {
  amount: Amount

  constructor(...args: Call<typeof L1_UNSTRUCTURED>)
  constructor(...args: UsualCall<typeof L1_UNSTRUCTURED>)
  constructor(...args: unknown[]) {
    super()
    const { amount } = L1_UNSTRUCTURED.take(args)
    check_amount(amount)
    this.amount = amount
  }

  override compute_mask(t: Tensor, default_mask: Tensor): Tensor {
    const count = count_of(this.amount, t.numel())
    if (count === 0) return default_mask.clone({ memory_format: contiguous_format })
    const [, places] = ops.topk(t.abs().view(-1), count, { largest: false })
    return without(default_mask, places)
  }

  static {
    methods(L1Unstructured, MASK)
  }
}

// 1 in the channels of `dim` that stay, and of those what stood before.
function channels(t: Tensor, dim: number, kept: Tensor, default_mask: Tensor): Tensor {
  const mask = ops.zeros_like(t)
  mask.index_fill_(dim, kept, 1)
  return mask.mul_(default_mask.to(mask.dtype))
}

/**
 * Prunes whole channels at random.
 *
 * @param amount - how many, or which share
 * @param dim - the dimension whose channels they are. Default: -1
 */
export class RandomStructured extends BasePruningMethod {
  amount: Amount
  dim: number

  constructor(...args: Call<typeof RANDOM_STRUCTURED>)
  constructor(...args: UsualCall<typeof RANDOM_STRUCTURED>)
  constructor(...args: unknown[]) {
    super()
    const { amount, dim } = RANDOM_STRUCTURED.take(args)
    check_amount(amount)
    this.amount = amount
    this.dim = dim
  }

  override get PRUNING_TYPE(): PruningType {
    return 'structured'
  }

  override compute_mask(t: Tensor, default_mask: Tensor): Tensor {
    check_structured(t, this.dim)
    const size = t.size(this.dim)
    const count = count_of(this.amount, size)
    if (count === 0) return default_mask
    const chance = ops.rand(size)
    const [threshold] = ops.kthvalue(chance, count)
    return channels(t, this.dim, chance.gt(threshold).nonzero().view(-1), default_mask)
  }

  static {
    methods(RandomStructured, MASK)
  }
}

/**
 * Prunes the channels of the least norm.
 *
 * @param amount - how many, or which share
 * @param n - the norm's exponent, as `torch.norm` takes it
 * @param dim - the dimension whose channels they are. Default: -1
 */
export class LnStructured extends BasePruningMethod {
  amount: Amount
  n: number | 'fro' | 'nuc'
  dim: number

  constructor(...args: Call<typeof LN_STRUCTURED>)
  constructor(...args: UsualCall<typeof LN_STRUCTURED>)
  constructor(...args: unknown[]) {
    super()
    const { amount, n, dim } = LN_STRUCTURED.take(args)
    check_amount(amount)
    this.amount = amount
    this.n = n
    this.dim = dim
  }

  override get PRUNING_TYPE(): PruningType {
    return 'structured'
  }

  override compute_mask(t: Tensor, default_mask: Tensor): Tensor {
    check_structured(t, this.dim)
    const size = t.size(this.dim)
    const count = count_of(this.amount, size)
    if (count === 0) return default_mask
    const dim = this.dim < 0 ? t.ndim + this.dim : this.dim
    const others = t.shape.map((_, d) => d).filter((d) => d !== dim)
    const [, kept] = ops.topk(norm(t, this.n, others), size - count, { largest: true })
    return channels(t, this.dim, kept, default_mask)
  }

  static {
    methods(LnStructured, MASK)
  }
}

/**
 * Prunes by a mask that is given.
 *
 * @param mask - 1 where elements stay, of the parameter's shape
 */
export class CustomFromMask extends BasePruningMethod {
  mask: Tensor

  constructor(...args: Call<typeof CUSTOM_FROM_MASK>)
  constructor(...args: UsualCall<typeof CUSTOM_FROM_MASK>)
  constructor(...args: unknown[]) {
    super()
    const { mask } = CUSTOM_FROM_MASK.take(args)
    this.mask = mask
  }

  override get PRUNING_TYPE(): PruningType {
    return 'global'
  }

  override compute_mask(_t: Tensor, default_mask: Tensor): Tensor {
    if (String(default_mask.shape) !== String(this.mask.shape))
      throw assertion_error(
        `default_mask shape ${py_size(default_mask.shape)} must match self.mask shape ${py_size(this.mask.shape)}`,
      )
    return default_mask.mul(this.mask.to(default_mask.dtype))
  }

  static {
    methods(CustomFromMask, MASK)
  }
}
