import { grad } from '../autograd/index.js'
import { not_implemented_error } from '../errors.js'
import { methods } from '../python/methods.js'
import type { Tensor } from '../tensor.js'
import { Distribution } from './distribution.js'

/**
 * Base class of distributions of the exponential family: p(x; θ) = exp(⟨t(x), θ⟩ − F(θ) + k(x)), with the natural
 * parameters θ, the log normalizer F and the carrier measure k.
 *
 * The entropy and the divergence between two of one class are the Bregman divergence of F.
 *
 * @see torch/distributions/exp_family.py
 */
export class ExponentialFamily extends Distribution {
  /** θ. */
  get _natural_params(): Tensor[] {
    throw not_implemented_error(`${this.constructor.name}._natural_params is not defined`)
  }

  /** F(θ). */
  _log_normalizer(..._natural_params: Tensor[]): Tensor {
    throw not_implemented_error(`${this.constructor.name}._log_normalizer() is not defined`)
  }

  /** E[k(x)]. */
  get _mean_carrier_measure(): number {
    throw not_implemented_error(`${this.constructor.name}._mean_carrier_measure is not defined`)
  }

  override entropy(): Tensor {
    const carrier = 0 - this._mean_carrier_measure
    const { params, normalizer, gradients } = bregman_terms(this, this._natural_params)
    let result = normalizer.add(carrier)
    params.forEach((param, i) => {
      result = result.sub(
        param
          .mul(gradients[i]!)
          .reshape([...this._batch_shape, -1])
          .sum(-1),
      )
    })
    return result
  }

  static {
    methods(ExponentialFamily, {
      entropy: '',
    })
  }
}

/** F at the natural parameters, and its gradients there. */
export function bregman_terms(
  family: ExponentialFamily,
  natural_params: readonly Tensor[],
): { params: Tensor[]; normalizer: Tensor; gradients: Tensor[] } {
  const params = natural_params.map((param) => param.detach().requires_grad_())
  const normalizer = family._log_normalizer(...params)
  const gradients = grad(normalizer.sum(), params, { create_graph: true }) as Tensor[]
  return { params, normalizer, gradients }
}
