import { inspect } from 'node:util'
import type { DeviceLike } from '../device.js'
import type { DType } from '../dtype.js'
import { runtime_error } from '../errors.js'
import { native } from '../native.js'
import * as ops from '../ops/generated/torch.js'
import { take_options } from '../ops/keywords.js'
import { adopt, handle_of, Tensor } from '../tensor.js'
import { Parameter } from './parameter.js'

/** Keywords of {@link UninitializedParameter}. */
export interface UninitializedOptions {
  /** Whether gradients are computed for it. Default: true for a parameter, false for a buffer. */
  requires_grad?: boolean
  /** The device that it will be on. Default: the default device. */
  device?: DeviceLike | null
  /** The dtype that it will have. Default: the default dtype. */
  dtype?: DType | null
}

const NAMES = ['requires_grad', 'device', 'dtype'] as const

function take(
  name: string,
  args: readonly unknown[],
  requires_grad: boolean,
): Required<UninitializedOptions> {
  return take_options<Required<UninitializedOptions>>(name, args, NAMES, {
    requires_grad,
    device: null,
    dtype: null,
  })
}

function empty({ device, dtype }: Required<UninitializedOptions>): Tensor {
  return ops.empty([0], { ...(device === null ? {} : { device }), ...(dtype === null ? {} : { dtype }) })
}

function no_shape(): Error {
  return runtime_error(
    "Can't access the shape of an uninitialized parameter or buffer. This error usually happens in " +
      '`load_state_dict` when trying to load an uninitialized parameter into an initialized one. Call `forward` to ' +
      'initialize the parameters before accessing their attributes.',
  )
}

/** Where and as what {@link UninitializedParameter.materialize} makes the tensor. */
export interface MaterializeOptions {
  device?: DeviceLike | null
  dtype?: DType | null
}

function materialize(
  tensor: Tensor,
  become: object,
  shape: readonly number[],
  { device = null, dtype = null }: MaterializeOptions,
): void {
  const { data } = tensor
  tensor.data = ops.empty([...shape], { device: device ?? data.device, dtype: dtype ?? data.dtype })
  Object.setPrototypeOf(tensor, become)
}

/**
 * A {@link Parameter} whose shape is not known yet.
 *
 * @param requires_grad - whether gradients are computed for it. Default: true
 *
 * @see torch/nn/parameter.py
 */
export class UninitializedParameter extends Parameter {
  constructor(
    requires_grad?: boolean | UninitializedOptions,
    device?: DeviceLike | null,
    dtype?: DType | null,
  )
  constructor(...args: unknown[]) {
    const given = take('UninitializedParameter', args, true)
    super(empty(given), given.requires_grad)
  }

  /** Makes it a parameter of a shape, with whatever is in memory. */
  materialize(shape: readonly number[], options: MaterializeOptions = {}): void {
    materialize(this, Parameter.prototype, shape, options)
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
 *
 * @see torch/nn/parameter.py
 */
export class UninitializedBuffer extends Tensor {
  constructor(
    requires_grad?: boolean | UninitializedOptions,
    device?: DeviceLike | null,
    dtype?: DType | null,
  )
  constructor(...args: unknown[]) {
    const given = take('UninitializedBuffer', args, false)
    super(adopt, native.shallow_copy(handle_of(empty(given))))
    this.requires_grad = given.requires_grad
  }

  /** Makes it a tensor of a shape, with whatever is in memory. */
  materialize(shape: readonly number[], options: MaterializeOptions = {}): void {
    materialize(this, Tensor.prototype, shape, options)
  }

  override get shape(): Tensor['shape'] {
    throw no_shape()
  }

  /** What {@link deepcopy} calls. */
  __deepcopy__(): UninitializedBuffer {
    const { device, dtype } = this.data
    return new UninitializedBuffer({ requires_grad: this.requires_grad, device, dtype })
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
