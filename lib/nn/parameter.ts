import { inspect } from 'node:util'
import { expect_bool } from '../expect.js'
import { native } from '../native.js'
import * as ops from '../ops/generated/torch.js'
import { keyword, optional, optional_tensor } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import { keep } from '../scope.js'
import { adopt, handle_of, raw_handle, Tensor } from '../tensor.js'

const PARAMETER = signature(
  'Parameter',
  { data: optional_tensor },
  { requires_grad: optional(true, expect_bool) },
)

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
  constructor(...args: Call<typeof PARAMETER>)
  constructor(...args: UsualCall<typeof PARAMETER>)
  constructor(...args: unknown[]) {
    const given = PARAMETER.take(args, new.target.name)
    const data = given.data ?? ops.empty([0])
    super(adopt, native.shallow_copy(handle_of(data)))
    this.requires_grad = given.requires_grad
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

const BUFFER = signature('Buffer', { data: optional_tensor }, { persistent: keyword(true, expect_bool) })

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
   * @param persistent - whether `state_dict()` holds it. Default: true
   */
  constructor(...args: Call<typeof BUFFER>)
  constructor(...args: UsualCall<typeof BUFFER>)
  constructor(...args: unknown[]) {
    const given = BUFFER.take(args, new.target.name)
    const data = given.data ?? ops.empty([0])
    super(adopt, native.shallow_copy(handle_of(data)))
    this.requires_grad = data.requires_grad
    this.persistent = given.persistent
    keep(this)
  }
}
