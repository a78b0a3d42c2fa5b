import { value_error } from '../../errors.js'
import { expect_number } from '../../expect.js'
import * as nn from '../../ops/generated/nn.js'
import { methods } from '../../python/methods.js'
import { required } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import type { FloatScalar } from '../../scalar.js'
import type { Tensor } from '../../tensor.js'
import { py_int, py_ints } from '../repr.js'
import { Module } from './module.js'
import { ntuple, type Size2, type Size4, type Size6 } from './utils.js'

type Value = number | FloatScalar
type AnyPadding = Size2 | Size4 | Size6

/** What the paddings share: the widths, the last dimension first, each at its beginning and its end. */
class _PadNd extends Module {
  declare padding: readonly number[]

  constructor(dims: number, padding: AnyPadding) {
    super()
    this.padding = ntuple(padding, 2 * dims, 'padding')
  }

  override extra_repr(): string {
    return py_ints(this.padding)
  }

  static {
    methods(_PadNd, { extra_repr: '' })
  }
}

const PADDING2 = { padding: required<Size2>() }
const PADDING4 = { padding: required<Size4>() }
const PADDING6 = { padding: required<Size6>() }
const VALUE = { value: required<Value>(expect_number) }

class _CircularPadNd extends _PadNd {
  override forward(input: Tensor): Tensor {
    const least = this.padding.length / 2 + 1
    if (input.ndim !== least && input.ndim !== least + 1)
      throw value_error(`expected ${least}D or ${least + 1}D input (got ${input.ndim}D input)`)
    return nn.pad(input, this.padding, 'circular')
  }

  static {
    methods(_CircularPadNd, { forward: 'input' })
  }
}

const CIRCULAR1D = signature('CircularPad1d', PADDING2)

/**
 * Adds at each side what stands at the other one.
 *
 * @param padding - a number for all sides, or (left, right)
 * @throws ValueError for an input of another number of dimensions
 *
 * Shape: (N, C, W) or (C, W), to (…, left + W + right).
 *
 * @example
 * ```ts
 * const m = new nn.CircularPad1d(2)
 * const output = m(torch.arange(8, { dtype: torch.float }).reshape(1, 2, 4))
 * ```
 *
 * @see torch/nn/modules/padding.py
 */
export class CircularPad1d extends _CircularPadNd {
  constructor(...args: Call<typeof CIRCULAR1D>)
  constructor(...args: UsualCall<typeof CIRCULAR1D>)
  constructor(...args: unknown[]) {
    super(1, CIRCULAR1D.take(args).padding)
  }
}

const CIRCULAR2D = signature('CircularPad2d', PADDING4)

/** {@link CircularPad1d} of images; the widths are (left, right, top, bottom). */
export class CircularPad2d extends _CircularPadNd {
  constructor(...args: Call<typeof CIRCULAR2D>)
  constructor(...args: UsualCall<typeof CIRCULAR2D>)
  constructor(...args: unknown[]) {
    super(2, CIRCULAR2D.take(args).padding)
  }
}

const CIRCULAR3D = signature('CircularPad3d', PADDING6)

/** {@link CircularPad1d} of volumes; the widths are (left, right, top, bottom, front, back). */
export class CircularPad3d extends _CircularPadNd {
  constructor(...args: Call<typeof CIRCULAR3D>)
  constructor(...args: UsualCall<typeof CIRCULAR3D>)
  constructor(...args: unknown[]) {
    super(3, CIRCULAR3D.take(args).padding)
  }
}

class _ConstantPadNd extends _PadNd {
  declare value: Value

  constructor(dims: number, { padding, value }: { padding: AnyPadding; value: Value }) {
    super(dims, padding)
    this.value = value
  }

  override forward(input: Tensor): Tensor {
    return nn.pad(input, this.padding, 'constant', this.value as number)
  }

  override extra_repr(): string {
    return `padding=${py_ints(this.padding)}, value=${py_int(this.value)}`
  }

  static {
    methods(_ConstantPadNd, { forward: 'input', extra_repr: '' })
  }
}

const CONSTANT1D = signature('ConstantPad1d', PADDING2, VALUE)

/**
 * Adds a number at the sides.
 *
 * @param padding - a number for all sides, or (left, right)
 * @param value - what is added
 *
 * Shape: (N, C, W) or (C, W), to (…, left + W + right).
 *
 * @example
 * ```ts
 * const m = new nn.ConstantPad1d([3, 1], 3.5)
 * const output = m(torch.randn(1, 2, 3))
 * ```
 *
 * @see torch/nn/modules/padding.py
 */
export class ConstantPad1d extends _ConstantPadNd {
  constructor(...args: Call<typeof CONSTANT1D>)
  constructor(...args: UsualCall<typeof CONSTANT1D>)
  constructor(...args: unknown[]) {
    super(1, CONSTANT1D.take(args))
  }
}

const CONSTANT2D = signature('ConstantPad2d', PADDING4, VALUE)

/** {@link ConstantPad1d} of images; the widths are (left, right, top, bottom). */
export class ConstantPad2d extends _ConstantPadNd {
  constructor(...args: Call<typeof CONSTANT2D>)
  constructor(...args: UsualCall<typeof CONSTANT2D>)
  constructor(...args: unknown[]) {
    super(2, CONSTANT2D.take(args))
  }
}

const CONSTANT3D = signature('ConstantPad3d', PADDING6, VALUE)

/** {@link ConstantPad1d} of volumes; the widths are (left, right, top, bottom, front, back). */
export class ConstantPad3d extends _ConstantPadNd {
  constructor(...args: Call<typeof CONSTANT3D>)
  constructor(...args: UsualCall<typeof CONSTANT3D>)
  constructor(...args: unknown[]) {
    super(3, CONSTANT3D.take(args))
  }
}

class _ReflectionPadNd extends _PadNd {
  override forward(input: Tensor): Tensor {
    return nn.pad(input, this.padding, 'reflect')
  }

  static {
    methods(_ReflectionPadNd, { forward: 'input' })
  }
}

const REFLECTION1D = signature('ReflectionPad1d', PADDING2)

/**
 * Adds what is seen in a mirror at the first and at the last element.
 *
 * @param padding - a number for all sides, or (left, right); each less than the size
 *
 * Shape: (N, C, W) or (C, W), to (…, left + W + right).
 *
 * @example
 * ```ts
 * const m = new nn.ReflectionPad1d(2)
 * const output = m(torch.arange(8, { dtype: torch.float }).reshape(1, 2, 4))
 * ```
 *
 * @see torch/nn/modules/padding.py
 */
export class ReflectionPad1d extends _ReflectionPadNd {
  constructor(...args: Call<typeof REFLECTION1D>)
  constructor(...args: UsualCall<typeof REFLECTION1D>)
  constructor(...args: unknown[]) {
    super(1, REFLECTION1D.take(args).padding)
  }
}

const REFLECTION2D = signature('ReflectionPad2d', PADDING4)

/** {@link ReflectionPad1d} of images; the widths are (left, right, top, bottom). */
export class ReflectionPad2d extends _ReflectionPadNd {
  constructor(...args: Call<typeof REFLECTION2D>)
  constructor(...args: UsualCall<typeof REFLECTION2D>)
  constructor(...args: unknown[]) {
    super(2, REFLECTION2D.take(args).padding)
  }
}

const REFLECTION3D = signature('ReflectionPad3d', PADDING6)

/** {@link ReflectionPad1d} of volumes; the widths are (left, right, top, bottom, front, back). */
export class ReflectionPad3d extends _ReflectionPadNd {
  constructor(...args: Call<typeof REFLECTION3D>)
  constructor(...args: UsualCall<typeof REFLECTION3D>)
  constructor(...args: unknown[]) {
    super(3, REFLECTION3D.take(args).padding)
  }
}

class _ReplicationPadNd extends _PadNd {
  override forward(input: Tensor): Tensor {
    return nn.pad(input, this.padding, 'replicate')
  }

  static {
    methods(_ReplicationPadNd, { forward: 'input' })
  }
}

const REPLICATION1D = signature('ReplicationPad1d', PADDING2)

/**
 * Adds the first and the last element again.
 *
 * @param padding - a number for all sides, or (left, right)
 *
 * Shape: (N, C, W) or (C, W), to (…, left + W + right).
 *
 * @example
 * ```ts
 * const m = new nn.ReplicationPad1d([3, 1])
 * const output = m(torch.arange(8, { dtype: torch.float }).reshape(1, 2, 4))
 * ```
 *
 * @see torch/nn/modules/padding.py
 */
export class ReplicationPad1d extends _ReplicationPadNd {
  constructor(...args: Call<typeof REPLICATION1D>)
  constructor(...args: UsualCall<typeof REPLICATION1D>)
  constructor(...args: unknown[]) {
    super(1, REPLICATION1D.take(args).padding)
  }
}

const REPLICATION2D = signature('ReplicationPad2d', PADDING4)

/** {@link ReplicationPad1d} of images; the widths are (left, right, top, bottom). */
export class ReplicationPad2d extends _ReplicationPadNd {
  constructor(...args: Call<typeof REPLICATION2D>)
  constructor(...args: UsualCall<typeof REPLICATION2D>)
  constructor(...args: unknown[]) {
    super(2, REPLICATION2D.take(args).padding)
  }
}

const REPLICATION3D = signature('ReplicationPad3d', PADDING6)

/** {@link ReplicationPad1d} of volumes; the widths are (left, right, top, bottom, front, back). */
export class ReplicationPad3d extends _ReplicationPadNd {
  constructor(...args: Call<typeof REPLICATION3D>)
  constructor(...args: UsualCall<typeof REPLICATION3D>)
  constructor(...args: unknown[]) {
    super(3, REPLICATION3D.take(args).padding)
  }
}

const ZERO1D = signature('ZeroPad1d', PADDING2)

/**
 * Adds zeros at the sides.
 *
 * @param padding - a number for all sides, or (left, right)
 *
 * Shape: (N, C, W) or (C, W), to (…, left + W + right).
 *
 * @example
 * ```ts
 * const m = new nn.ZeroPad1d(2)
 * const output = m(torch.randn(1, 2, 4))
 * ```
 *
 * @see torch/nn/modules/padding.py
 */
export class ZeroPad1d extends ConstantPad1d {
  constructor(...args: Call<typeof ZERO1D>)
  constructor(...args: UsualCall<typeof ZERO1D>)
  constructor(...args: unknown[]) {
    super(ZERO1D.take(args).padding, 0)
  }

  override extra_repr(): string {
    return py_ints(this.padding)
  }

  static {
    methods(ZeroPad1d, { extra_repr: '' })
  }
}

const ZERO2D = signature('ZeroPad2d', PADDING4)

/** {@link ZeroPad1d} of images; the widths are (left, right, top, bottom). */
export class ZeroPad2d extends ConstantPad2d {
  constructor(...args: Call<typeof ZERO2D>)
  constructor(...args: UsualCall<typeof ZERO2D>)
  constructor(...args: unknown[]) {
    super(ZERO2D.take(args).padding, 0)
  }

  override extra_repr(): string {
    return py_ints(this.padding)
  }

  static {
    methods(ZeroPad2d, { extra_repr: '' })
  }
}

const ZERO3D = signature('ZeroPad3d', PADDING6)

/** {@link ZeroPad1d} of volumes; the widths are (left, right, top, bottom, front, back). */
export class ZeroPad3d extends ConstantPad3d {
  constructor(...args: Call<typeof ZERO3D>)
  constructor(...args: UsualCall<typeof ZERO3D>)
  constructor(...args: unknown[]) {
    super(ZERO3D.take(args).padding, 0)
  }

  override extra_repr(): string {
    return py_ints(this.padding)
  }

  static {
    methods(ZeroPad3d, { extra_repr: '' })
  }
}
