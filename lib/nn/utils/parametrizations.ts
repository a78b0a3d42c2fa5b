import { without_grad } from '../../autograd/grad_mode.js'
import { index_error, not_implemented_error, value_error } from '../../errors.js'
import * as linalg from '../../ops/generated/linalg.js'
import * as ops from '../../ops/generated/torch.js'
import { own_value } from '../../own.js'
import type { Others, Usual } from '../../python/call_types.js'
import { keyword, optional } from '../../python/parameters.js'
import { signature } from '../../python/signature.js'
import { Tensor } from '../../tensor.js'
import * as F from '../functional.js'
import { fields_of } from '../modules/internals.js'
import { Module } from '../modules/module.js'
import { py_size } from '../repr.js'
import { MODULE } from './expect_module.js'
import { register_parametrization } from './parametrize.js'
import {
  as_matrix,
  type SpectralNormArguments,
  type SpectralNormKeywords,
  take_spectral,
} from './spectral_norm.js'
import { weight_from } from './weight_norm.js'

const EPSILON: Record<string, number> = {
  float64: Number.EPSILON,
  complex128: Number.EPSILON,
  float32: 2 ** -23,
  complex64: 2 ** -23,
  float16: 2 ** -10,
  bfloat16: 2 ** -7,
}

function is_orthogonal(q: Tensor): boolean {
  const [n, k] = q.shape.slice(-2) as [number, number]
  const identity = ops.eye(k, { dtype: q.dtype, device: q.device })
  const atol = 10 * n * own_value(EPSILON, q.dtype.name)!
  return ops.allclose(q.mH.matmul(q), identity, { atol })
}

// Random numbers, too, become orthogonal by this, evenly over all rotations.
function make_orthogonal(a: Tensor): Tensor {
  const [x, tau] = ops.geqrf(a) as unknown as [Tensor, Tensor]
  return linalg.householder_product(x, tau).mul(x.diagonal(0, -2, -1).sgn().unsqueeze(-2))
}

/** How {@link orthogonal} makes a matrix orthogonal. */
export type OrthogonalMap = 'matrix_exp' | 'cayley' | 'householder'

class _Orthogonal extends Module {
  declare shape: readonly number[]
  declare orthogonal_map: OrthogonalMap
  declare base: Tensor | null | undefined

  constructor(weight: Tensor, orthogonal_map: OrthogonalMap, use_trivialization: boolean) {
    super()
    if (weight.is_complex() && orthogonal_map === 'householder')
      throw value_error('The householder parametrization does not support complex tensors.')
    this.shape = Object.freeze([...weight.shape])
    this.orthogonal_map = orthogonal_map
    if (use_trivialization) this.register_buffer('base', null)
  }

  override forward(given: Tensor): Tensor {
    const transposed = given.shape.at(-2)! < given.shape.at(-1)!
    const x = transposed ? given.mT : given
    let q = this.orthogonal_map === 'householder' ? reflections(x) : this._rotation(x)
    if (this.base !== undefined && this.base !== null) q = this.base.matmul(q)
    return transposed ? q.mT : q
  }

  private _rotation(given: Tensor): Tensor {
    const [n, k] = given.shape.slice(-2) as [number, number]
    let x = given.tril()
    if (n !== k) x = ops.cat([x, x.new_zeros([...x.shape.slice(0, -1), n - k])], -1)
    const a = x.sub(x.mH)
    let q: Tensor
    if (this.orthogonal_map === 'matrix_exp') q = linalg.matrix_exp(a)
    else {
      const identity = ops.eye(n, { dtype: a.dtype, device: a.device })
      q = linalg.solve(identity.add(a, { alpha: -0.5 }), identity.add(a, { alpha: 0.5 }))
    }
    return n === k ? q : q.narrow(-1, 0, k)
  }

  right_inverse(given: Tensor): Tensor {
    return without_grad(() => this._right_inverse(given))
  }

  private _right_inverse(given: Tensor): Tensor {
    if (String(given.shape) !== String(this.shape))
      throw value_error(
        `Expected a matrix or batch of matrices of shape ${py_size(this.shape)}. Got a tensor of shape ` +
          `${py_size(given.shape)}.`,
      )
    const transposed = given.shape.at(-2)! < given.shape.at(-1)!
    let q = transposed ? given.mT : given
    const [n, k] = q.shape.slice(-2) as [number, number]
    if (this.base === undefined) return this._reflections_of(q, transposed)
    if (n === k) q = is_orthogonal(q) ? q.clone() : make_orthogonal(q)
    else {
      const shape = [...q.shape.slice(0, -2), n, n - k]
      const random = ops.randn(shape, { dtype: q.dtype, device: q.device })
      q = make_orthogonal(ops.cat([q, random], -1))
    }
    this.base = q
    const negative = ops.zeros_like(given)
    negative.diagonal(0, -2, -1).fill_(-1)
    return negative
  }

  private _reflections_of(q: Tensor, transposed: boolean): Tensor {
    if (this.orthogonal_map !== 'householder')
      throw not_implemented_error(
        'It is not possible to assign to the matrix exponential or the Cayley parametrizations when ' +
          'use_trivialization=False.',
      )
    const [a, tau] = ops.geqrf(q) as unknown as [Tensor, Tensor]
    const diagonal = a.diagonal(0, -2, -1)
    const signs = diagonal.sign()
    diagonal.copy_(ops.where(tau.eq(0), signs.neg(), signs))
    return transposed ? a.mT : a
  }
}

function reflections(x: Tensor): Tensor {
  const a = x.tril(-1)
  const tau = ops.reciprocal(a.mul(a).sum(-2).add(1)).mul(2)
  return linalg.householder_product(a, tau).mul(x.diagonal(0, -2, -1).int().unsqueeze(-2))
}

function tensor_of(module: Module, name: string): Tensor {
  const weight = fields_of(module)[name]
  if (!(weight instanceof Tensor))
    throw value_error(`Module '${module}' has no parameter or buffer with name '${name}'`)
  return weight
}

const NAME = { name: optional('weight') }
const MAP = [
  NAME,
  { orthogonal_map: optional<OrthogonalMap | null>(null) },
  { use_trivialization: keyword(true) },
] as const
const ORTHOGONAL = signature('orthogonal', MODULE, ...MAP)

/**
 * Keeps a matrix, or each of a batch, orthogonal: its columns, or rows where there are fewer, are orthonormal.
 *
 * @param module - the module
 * @param name - the parameter. Default: `'weight'`
 * @param orthogonal_map - how. Default: `'matrix_exp'` for square or complex matrices, else `'householder'`
 * @param use_trivialization - whether it is relative to a base, which the matrix's first value gives. Default: true
 * @throws ValueError for something else than a matrix, or another map
 *
 * @example
 * ```ts
 * const m = nn.utils.parametrizations.orthogonal(new nn.Linear(20, 40))
 * ```
 *
 * @see torch/nn/utils/parametrizations.py
 */
export function orthogonal<M extends Module>(module: M, ...rest: Others<typeof MAP>): M
export function orthogonal<M extends Module>(module: M, ...rest: Usual<typeof MAP>): M
export function orthogonal(...args: unknown[]): Module {
  const [module, name, orthogonal_map, use_trivialization] = ORTHOGONAL.bind(args)
  const weight = tensor_of(module, name)
  if (weight.ndim < 2)
    throw value_error(`Expected a matrix or batch of matrices. Got a tensor of ${weight.ndim} dimensions.`)
  const square = weight.shape.at(-2) === weight.shape.at(-1)
  const map = orthogonal_map ?? (square || weight.is_complex() ? 'matrix_exp' : 'householder')
  if (!['matrix_exp', 'cayley', 'householder'].includes(map))
    throw value_error(`orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: ${map}`)
  const parametrization = new _Orthogonal(weight, map, use_trivialization)
  return register_parametrization(module, name, parametrization, { unsafe: true })
}

class _WeightNorm extends Module {
  declare dim: number

  constructor(dim: number | null) {
    super()
    this.dim = dim ?? -1
  }

  override forward(weight_g: Tensor, weight_v: Tensor): Tensor {
    return weight_from(weight_v, weight_g, this.dim)
  }

  right_inverse(weight: Tensor): [Tensor, Tensor] {
    return [ops.norm_except_dim(weight, 2, this.dim), weight]
  }
}

const DIM = [NAME, { dim: optional<number | null>(0) }] as const
const WEIGHT_NORM = signature('weight_norm', MODULE, ...DIM)

/**
 * Writes a parameter as g · v / ‖v‖, with g (`original0`) and v (`original1`) learnt instead.
 *
 * @param module - the module
 * @param name - the parameter. Default: `'weight'`
 * @param dim - the dimension that each norm is for; null for one norm. Default: 0
 *
 * @example
 * ```ts
 * const m = nn.utils.parametrizations.weight_norm(new nn.Linear(20, 40), 'weight')
 * ```
 *
 * @see torch/nn/utils/parametrizations.py
 */
export function weight_norm<M extends Module>(module: M, ...rest: Others<typeof DIM>): M
export function weight_norm<M extends Module>(module: M, ...rest: Usual<typeof DIM>): M
export function weight_norm(...args: unknown[]): Module {
  const [module, name, dim] = WEIGHT_NORM.bind(args)
  register_parametrization(module, name, new _WeightNorm(dim), { unsafe: true })
  module.register_load_state_dict_pre_hook((_module, state_dict, prefix) => {
    const [g, v] = [`${prefix}${name}_g`, `${prefix}${name}_v`]
    if (!Object.hasOwn(state_dict, g) || !Object.hasOwn(state_dict, v)) return
    for (const [i, key] of [g, v].entries()) {
      state_dict[`${prefix}parametrizations.${name}.original${i}`] = own_value(state_dict, key)!
      delete state_dict[key]
    }
  })
  return module
}

class _SpectralNorm extends Module {
  declare dim: number
  declare eps: number
  declare n_power_iterations: number
  declare _u: Tensor
  declare _v: Tensor

  constructor(weight: Tensor, n_power_iterations: number, dim: number, eps: number) {
    super()
    const dims = weight.ndim
    if (dim >= dims || dim < -dims)
      throw index_error(
        `Dimension out of range (expected to be in range of [-${dims}, ${dims - 1}] but got ${dim})`,
      )
    if (n_power_iterations <= 0)
      throw value_error(
        `Expected n_power_iterations to be positive, but got n_power_iterations=${n_power_iterations}`,
      )
    this.dim = dim >= 0 ? dim : dim + dims
    this.eps = eps
    if (dims < 2) return
    this.n_power_iterations = n_power_iterations
    const matrix = as_matrix(weight, this.dim).flatten(1)
    const [u, v] = matrix.shape.map((size) => matrix.new_empty([size]).normal_(0, 1)) as [Tensor, Tensor]
    this.register_buffer('_u', F.normalize(u, { dim: 0, eps }))
    this.register_buffer('_v', F.normalize(v, { dim: 0, eps }))
    this._power_method(matrix, 15)
  }

  private _power_method(matrix: Tensor, steps: number): void {
    const { eps } = this
    without_grad(() => {
      for (let i = 0; i < steps; i++) {
        this._u.copy_(F.normalize(ops.mv(matrix, this._v), { dim: 0, eps }))
        this._v.copy_(F.normalize(ops.mv(matrix.mH, this._u), { dim: 0, eps }))
      }
    })
  }

  override forward(weight: Tensor): Tensor {
    if (weight.ndim === 1) return F.normalize(weight, { dim: 0, eps: this.eps })
    const matrix = as_matrix(weight, this.dim).flatten(1)
    if (this.training) this._power_method(matrix, this.n_power_iterations)
    // The buffers change in place at the next call, which backward must not see.
    const [u, v] = [this._u.clone(), this._v.clone()]
    return weight.div(ops.vdot(u, ops.mv(matrix, v)))
  }

  right_inverse(value: Tensor): Tensor {
    return value
  }
}

/**
 * Divides a weight by its greatest singular value, which the power method estimates, a step at each call in training.
 *
 * @param module - the module
 * @param name - the parameter. Default: `'weight'`
 * @param n_power_iterations - how many steps each call takes. Default: 1
 * @param eps - what norms are at least. Default: 1e-12
 * @param dim - the dimension of outputs. Default: 1 for transposed convolutions, 0 for others
 * @throws ValueError for a name that is no tensor or too few steps; RangeError for a dimension that is not there
 *
 * @example
 * ```ts
 * const snm = nn.utils.parametrizations.spectral_norm(new nn.Linear(20, 40))
 * ```
 *
 * @see torch/nn/utils/parametrizations.py
 */
export function spectral_norm<M extends Module>(module: M, ...rest: SpectralNormArguments): M
export function spectral_norm<M extends Module>(module: M, ...rest: SpectralNormKeywords): M
export function spectral_norm(...args: unknown[]): Module {
  const { module, name, n_power_iterations, eps, dim } = take_spectral(args)
  const weight = tensor_of(module, name)
  return register_parametrization(module, name, new _SpectralNorm(weight, n_power_iterations, dim, eps))
}
