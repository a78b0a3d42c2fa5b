import { inspect } from 'node:util'
import { native } from '../native.js'
import * as ops from '../ops/generated/torch.js'
import { take_options } from '../ops/keywords.js'
import { keep } from '../scope.js'
import { adopt, handle_of, raw_handle, Tensor } from '../tensor.js'

/** Options of {@link Parameter}. */
export interface ParameterOptions {
  /** Whether gradients are computed for it. Default: true. */
  requires_grad?: boolean
}

/**
 * A Tensor that is a parameter of a module: assigned to a field of a {@link Module} it is registered, and
 * `parameters()` and `state_dict()` list it. It shares its memory with `data`, and requires gradients also where it is
 * made inside `no_grad`.
 *
 * @example
 * ```ts
 * class Scale extends nn.Module {
 *   scale = new nn.Parameter(torch.ones(3))
 *   forward(x: Tensor) {
 *     return x.mul(this.scale)
 *   }
 * }
 * ```
 *
 * @see torch/nn/parameter.py
 */
export class Parameter extends Tensor {
  /**
   * @param data - its values; an empty tensor where none are given
   * @param requires_grad - whether gradients are computed for it. Default: true
   * @throws RuntimeError where `requires_grad` is true and `data` is of an integer or boolean dtype
   */
  constructor(data?: Tensor | null, requires_grad?: boolean | ParameterOptions)
  constructor(options: { data?: Tensor | null } & ParameterOptions)
  constructor(...args: unknown[]) {
    const given = take_options('Parameter', args, ['data', 'requires_grad'], {
      data: null,
      requires_grad: true,
    })
    const data = (given.data as Tensor | null) ?? ops.empty([0])
    super(adopt, native.shallow_copy(handle_of(data)))
    this.requires_grad = given.requires_grad as boolean
    keep(this)
  }

  override toString(): string {
    return `Parameter containing:\n${super.toString()}`
  }

  override [inspect.custom](): string {
    // A disposed one says only that it is gone.
    return raw_handle(this) < 0 ? super[inspect.custom]() : this.toString()
  }
}

/** Options of {@link Buffer}. */
export interface BufferOptions {
  /** Whether `state_dict()` holds it. Default: true. */
  persistent?: boolean
}

/**
 * A Tensor that is state of a module but not a parameter (a running mean, a table of noise levels): assigned to a field
 * of a {@link Module} it is registered as by `register_buffer`.
 *
 * @example
 * ```ts
 * class Counter extends nn.Module {
 *   count = new nn.Buffer(torch.zeros(1), { persistent: false })
 * }
 * ```
 *
 * @see torch/nn/parameter.py
 */
export class Buffer extends Tensor {
  /** Whether `state_dict()` holds it. */
  readonly persistent: boolean

  /**
   * @param data - its values; an empty tensor where none are given
   * @param options.persistent - whether `state_dict()` holds it. Default: true
   */
  constructor(data?: Tensor | null, options?: BufferOptions)
  constructor(...args: unknown[]) {
    const given = take_options('Buffer', args, ['data', 'persistent'], { data: null, persistent: true })
    const data = (given.data as Tensor | null) ?? ops.empty([0])
    super(adopt, native.shallow_copy(handle_of(data)))
    this.requires_grad = data.requires_grad
    this.persistent = given.persistent as boolean
    keep(this)
  }
}
