import { inspect } from 'node:util'
import type { DeviceLike } from '../device.js'
import type { DType } from '../dtype.js'
import { runtime_error } from '../errors.js'
import { expect_bool } from '../expect.js'
import { native } from '../native.js'
import * as ops from '../ops/generated/torch.js'
import { optional, required } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import { adopt, handle_of, Tensor } from '../tensor.js'
import { Parameter } from './parameter.js'

const FACTORY = [
  { device: optional<DeviceLike | null>(null) },
  { dtype: optional<DType | null>(null) },
] as const

const PARAMETER = signature(
  'UninitializedParameter',
  { requires_grad: optional(true, expect_bool) },
  ...FACTORY,
)

const BUFFER = signature('UninitializedBuffer', { requires_grad: optional(false, expect_bool) }, ...FACTORY, {
  persistent: optional(true, expect_bool),
})

const MATERIALIZE = signature('materialize', { shape: required<readonly number[]>() }, ...FACTORY)

function empty({ device, dtype }: { device: DeviceLike | null; dtype: DType | null }): Tensor {
  return ops.empty([0], { ...(device === null ? {} : { device }), ...(dtype === null ? {} : { dtype }) })
}

function no_shape(): Error {
  return runtime_error(
    "Can't access the shape of an uninitialized parameter or buffer. This error usually happens in " +
      '`load_state_dict` when trying to load an uninitialized parameter into an initialized one. Call `forward` to ' +
      'initialize the parameters before accessing their attributes.',
  )
}

function materialize(tensor: Tensor, become: object, args: readonly unknown[]): void {
  const [shape, device, dtype] = MATERIALIZE.bind(args)
  const { data } = tensor
  tensor.data = ops.empty([...shape], { device: device ?? data.device, dtype: dtype ?? data.dtype })
  Object.setPrototypeOf(tensor, become)
}

/**
 * A {@link Parameter} whose shape is not known yet.
 *
 * @param requires_grad - whether gradients are computed for it. Default: true
 * @param device - the device that it will be on. Default: the default device
 * @param dtype - the dtype that it will have. Default: the default dtype
 *
 * @see torch/nn/parameter.py
 */
export class UninitializedParameter extends Parameter {
  constructor(...args: Call<typeof PARAMETER>)
  constructor(...args: UsualCall<typeof PARAMETER>)
  constructor(...args: unknown[]) {
    const given = PARAMETER.take(args)
    super(empty(given), given.requires_grad)
  }

  /** Makes it a parameter of a shape, with whatever is in memory. */
  materialize(...args: Call<typeof MATERIALIZE>): void
  materialize(...args: UsualCall<typeof MATERIALIZE>): void
  materialize(...args: unknown[]): void {
    materialize(this, Parameter.prototype, args)
  }

  override get shape(): Tensor['shape'] {
    throw no_shape()
  }

  /** What {@link deepcopy} calls. */
  __deepcopy__(): UninitializedParameter {
    const { device, dtype } = this.data
    return new UninitializedParameter({ requires_grad: this.requires_grad, device, dtype })
  }

  override toString(): string {
    return '<UninitializedParameter>'
  }

  override [inspect.custom](): string {
    return this.toString()
  }
}

/**
 * A buffer whose shape is not known yet.
 *
 * @param requires_grad - whether gradients are computed for it. Default: false
 * @param device - the device that it will be on. Default: the default device
 * @param dtype - the dtype that it will have. Default: the default dtype
 * @param persistent - whether `state_dict()` holds it. Default: true
 *
 * @see torch/nn/parameter.py
 */
export class UninitializedBuffer extends Tensor {
  /** Whether `state_dict()` holds it. */
  readonly persistent: boolean

  constructor(...args: Call<typeof BUFFER>)
  constructor(...args: UsualCall<typeof BUFFER>)
  constructor(...args: unknown[]) {
    const given = BUFFER.take(args)
    super(adopt, native.shallow_copy(handle_of(empty(given))))
    this.requires_grad = given.requires_grad
    this.persistent = given.persistent
  }

  /** Makes it a tensor of a shape, with whatever is in memory. */
  materialize(...args: Call<typeof MATERIALIZE>): void
  materialize(...args: UsualCall<typeof MATERIALIZE>): void
  materialize(...args: unknown[]): void {
    materialize(this, Tensor.prototype, args)
  }

  override get shape(): Tensor['shape'] {
    throw no_shape()
  }

  /** What {@link deepcopy} calls. */
  __deepcopy__(): UninitializedBuffer {
    const { device, dtype } = this.data
    return new UninitializedBuffer(this.requires_grad, device, dtype, this.persistent)
  }

  override toString(): string {
    return '<UninitializedBuffer>'
  }

  override [inspect.custom](): string {
    return this.toString()
  }
}

/** Whether a value is a parameter or buffer whose shape is not known yet. */
export function is_lazy(value: unknown): value is UninitializedParameter | UninitializedBuffer {
  return value instanceof UninitializedParameter || value instanceof UninitializedBuffer
}
