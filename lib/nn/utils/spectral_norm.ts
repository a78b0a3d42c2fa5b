import { without_grad } from '../../autograd/grad_mode.js'
import { runtime_error, value_error } from '../../errors.js'
import { expect_whole } from '../../expect.js'
import * as linalg from '../../ops/generated/linalg.js'
import * as ops from '../../ops/generated/torch.js'
import { own_value } from '../../own.js'
import type { Others, Usual } from '../../python/call_types.js'
import { optional } from '../../python/parameters.js'
import { signature } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import * as F from '../functional.js'
import { ConvTranspose1d, ConvTranspose2d, ConvTranspose3d } from '../modules/conv.js'
import { delete_field, fields_of, INTERNALS, set_field } from '../modules/internals.js'
import type { Module } from '../modules/module.js'
import type { LocalMetadata } from '../modules/module_hooks.js'
import { Parameter } from '../parameter.js'
import { is_lazy } from '../uninitialized.js'
import { MODULE } from './expect_module.js'
import { type TaggedHook, tagged_hook } from './weight_norm.js'

const NAME = { name: optional('weight') }
const NORM = [
  NAME,
  { n_power_iterations: optional(1, expect_whole) },
  { eps: optional(1e-12) },
  { dim: optional<number | null>(null) },
] as const

/** The arguments of a spectral normalisation after the module. */
export type SpectralNormArguments = Others<typeof NORM>
/** As {@link SpectralNormArguments}, by keyword. */
export type SpectralNormKeywords = Usual<typeof NORM>

const SPECTRAL_NORM = signature('spectral_norm', MODULE, ...NORM)
const REMOVE_SPECTRAL_NORM = signature('remove_spectral_norm', MODULE, NAME)

/** The arguments of both spectral normalisations, with the dimension that goes with the module. */
export function take_spectral(args: readonly unknown[]) {
  const given = SPECTRAL_NORM.take(args)
  const transposed = [ConvTranspose1d, ConvTranspose2d, ConvTranspose3d]
  const dim = given.dim ?? (transposed.some((kind) => given.module instanceof kind) ? 1 : 0)
  return { ...given, dim }
}

/** A weight as a matrix with outputs as its rows. */
export function as_matrix(weight: Tensor, dim: number): Tensor {
  if (dim === 0) return weight
  const others = weight.shape.map((_, d) => d).filter((d) => d !== dim)
  return weight.permute([dim, ...others])
}

const normalized = (x: Tensor, eps: number): Tensor => F.normalize(x, { dim: 0, eps })

/** What {@link spectral_norm} puts on a module. */
export class SpectralNorm {
  /** The numbers of the hooks around the state dict. */
  hook_ids: number[] = []

  constructor(
    readonly name: string,
    readonly n_power_iterations: number,
    readonly dim: number,
    readonly eps: number,
  ) {
    if (n_power_iterations <= 0)
      throw value_error(
        `Expected n_power_iterations to be positive, but got n_power_iterations=${n_power_iterations}`,
      )
  }

  reshape_weight_to_matrix(weight: Tensor): Tensor {
    const matrix = as_matrix(weight, this.dim)
    return matrix.reshape(matrix.shape[0]!, -1)
  }

  compute_weight(module: Module, do_power_iteration: boolean): Tensor {
    const fields = fields_of(module) as Record<string, Tensor>
    const weight = fields[`${this.name}_orig`]!
    let u = fields[`${this.name}_u`]!
    let v = fields[`${this.name}_v`]!
    const matrix = this.reshape_weight_to_matrix(weight)
    if (do_power_iteration)
      without_grad(() => {
        for (let i = 0; i < this.n_power_iterations; i++) {
          v.copy_(normalized(ops.mv(matrix.t(), u), this.eps))
          u.copy_(normalized(ops.mv(matrix, v), this.eps))
        }
        // The buffers change in place at the next call, which backward must not see.
        u = u.clone()
        v = v.clone()
      })
    return weight.div(ops.dot(u, ops.mv(matrix, v)))
  }

  /** v for an old checkpoint, which has the normalised weight instead. */
  solve_v(matrix: Tensor, u: Tensor, sigma: Tensor): Tensor {
    const inverse = linalg.pinv(matrix.t().mm(matrix))
    const v = linalg.multi_dot([inverse, matrix.t(), u.unsqueeze(1)]).squeeze(1)
    return v.mul_(sigma.div(ops.dot(u, ops.mv(matrix, v))))
  }
}

type Versions = LocalMetadata & { spectral_norm?: Record<string, number> }

function load_old(
  norm: SpectralNorm,
  state: Record<string, Tensor>,
  prefix: string,
  missing: string[] | null,
): void {
  const key = prefix + norm.name
  const has = (suffix: string) => Object.hasOwn(state, key + suffix)
  if (has('_orig') && has('_u') && has('_v') && !has('')) return
  const lacking = ['_orig', '', '_u'].filter((suffix) => !has(suffix))
  missing?.push(...lacking.map((suffix) => key + suffix))
  if (lacking.length > 0) return
  without_grad(() => {
    const original = state[`${key}_orig`]!
    const sigma = original.div(own_value(state, key)!).mean()
    const matrix = norm.reshape_weight_to_matrix(original)
    state[`${key}_v`] = norm.solve_v(matrix, state[`${key}_u`]!, sigma)
    delete state[key]
  })
}

/**
 * Divides a weight by its greatest singular value, which the power method estimates, a step at each call in training.
 *
 * @param module - the module
 * @param name - the parameter. Default: `'weight'`
 * @param n_power_iterations - how many steps each call takes. Default: 1
 * @param eps - what norms are at least. Default: 1e-12
 * @param dim - the dimension of outputs. Default: 1 for transposed convolutions, 0 for others
 * @throws RuntimeError where it is so already; ValueError for a parameter that is null, or too few steps
 *
 * @example
 * ```ts
 * const m = nn.utils.spectral_norm(new nn.Linear(20, 40))
 * console.log(m.state_dict().keys()) // ['bias', 'weight_orig', 'weight_u', 'weight_v']
 * ```
 *
 * @see torch/nn/utils/spectral_norm.py
 */
export function spectral_norm<M extends Module>(module: M, ...rest: SpectralNormArguments): M
export function spectral_norm<M extends Module>(module: M, ...rest: SpectralNormKeywords): M
export function spectral_norm(...args: unknown[]): Module {
  const { module, name, n_power_iterations, eps, dim } = take_spectral(args)
  if (tagged_hook(module, SpectralNorm, name) !== null)
    throw runtime_error(`Cannot register two spectral_norm hooks on the same parameter ${name}`)
  const norm = new SpectralNorm(name, n_power_iterations, dim, eps)
  const weight = fields_of(module)[name] as Parameter | null
  if (weight === null)
    throw value_error(`\`SpectralNorm\` cannot be applied as parameter \`${name}\` is None`)
  if (is_lazy(weight))
    throw value_error(
      "The module passed to `SpectralNorm` can't have uninitialized parameters. Make sure to run the dummy forward " +
        'before applying spectral normalization',
    )
  const [u, v] = without_grad(() =>
    norm
      .reshape_weight_to_matrix(weight)
      .shape.map((size) => normalized(weight.new_empty([size]).normal_(0, 1), eps)),
  )
  delete_field(module, name)
  module.register_parameter(`${name}_orig`, weight)
  set_field(module, name, weight.data)
  module.register_buffer(`${name}_u`, u!)
  module.register_buffer(`${name}_v`, v!)
  const hook: TaggedHook<SpectralNorm> = (called) =>
    set_field(called, name, norm.compute_weight(called, called.training))
  hook.tag = norm
  module.register_forward_pre_hook(hook as never)
  const saving = module.register_state_dict_post_hook((_module, _state, _prefix, metadata: Versions) => {
    metadata.spectral_norm = { ...own_value(metadata, 'spectral_norm'), [`${name}.version`]: 1 }
  })
  const loading = module.register_load_state_dict_pre_hook(
    (_module, state, prefix, metadata: Versions, strict, missing_keys) => {
      if (own_value(metadata, 'spectral_norm')?.[`${name}.version`] === undefined)
        load_old(norm, state, prefix, strict ? missing_keys : null)
    },
  )
  norm.hook_ids = [saving.id, loading.id]
  return module
}

/** Undoes {@link spectral_norm}. Throws ValueError where there is none. */
export function remove_spectral_norm<M extends Module>(module: M, name?: string | { name?: string }): M
export function remove_spectral_norm(...args: unknown[]): Module {
  const [module, name] = REMOVE_SPECTRAL_NORM.bind(args)
  const found = tagged_hook(module, SpectralNorm, name)
  if (found === null) throw value_error(`spectral_norm of '${name}' not found in ${module}`)
  const [id, norm] = found
  const weight = without_grad(() => norm.compute_weight(module, false))
  for (const suffix of ['', '_u', '_v', '_orig']) delete_field(module, name + suffix)
  module.register_parameter(name, new Parameter(weight.detach()))
  const { hooks } = module[INTERNALS]
  hooks?.forward_pre.delete(id)
  for (const of_state of norm.hook_ids) {
    hooks?.state_dict_post.delete(of_state)
    hooks?.load_state_dict_pre.delete(of_state)
  }
  return module
}
