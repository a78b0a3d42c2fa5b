import { value_error } from '../../errors.js'
import * as nn from '../../ops/generated/nn.js'
import { take_options } from '../../ops/keywords.js'
import type { FloatScalar } from '../../scalar.js'
import type { Tensor } from '../../tensor.js'
import { py_int, py_ints } from '../repr.js'
import { Module } from './module.js'
import { ntuple, type Size2, type Size4, type Size6 } from './utils.js'

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
}

/** The one argument of a padding, by position or by keyword. */
function take_padding(name: string, args: readonly unknown[]): AnyPadding {
  return take_options<{ padding: AnyPadding }>(name, args, ['padding'], {}).padding
}

class _CircularPadNd extends _PadNd {
  override forward(input: Tensor): Tensor {
    const least = this.padding.length / 2 + 1
    if (input.ndim !== least && input.ndim !== least + 1)
      throw value_error(`expected ${least}D or ${least + 1}D input (got ${input.ndim}D input)`)
    return nn.pad(input, this.padding, 'circular')
  }
}

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
  constructor(padding: Size2 | { padding: Size2 })
  constructor(...args: unknown[]) {
    super(1, take_padding('CircularPad1d', args))
  }
}

/** {@link CircularPad1d} of images; the widths are (left, right, top, bottom). */
export class CircularPad2d extends _CircularPadNd {
  constructor(padding: Size4 | { padding: Size4 })
  constructor(...args: unknown[]) {
    super(2, take_padding('CircularPad2d', args))
  }
}

/** {@link CircularPad1d} of volumes; the widths are (left, right, top, bottom, front, back). */
export class CircularPad3d extends _CircularPadNd {
  constructor(padding: Size6 | { padding: Size6 })
  constructor(...args: unknown[]) {
    super(3, take_padding('CircularPad3d', args))
  }
}

type Value = number | FloatScalar

class _ConstantPadNd extends _PadNd {
  declare value: Value

  constructor(dims: number, padding: AnyPadding, value: Value) {
    super(dims, padding)
    this.value = value
  }

  override forward(input: Tensor): Tensor {
    return nn.pad(input, this.padding, 'constant', this.value as number)
  }

  override extra_repr(): string {
    return `padding=${py_ints(this.padding)}, value=${py_int(this.value)}`
  }
}

function take_constant(name: string, args: readonly unknown[]): [AnyPadding, Value] {
  const given = take_options<{ padding: AnyPadding; value: Value }>(name, args, ['padding', 'value'], {})
  return [given.padding, given.value]
}

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
  constructor(padding: Size2, value: Value | { value: Value })
  constructor(options: { padding: Size2; value: Value })
  constructor(...args: unknown[]) {
    super(1, ...take_constant('ConstantPad1d', args))
  }
}

/** {@link ConstantPad1d} of images; the widths are (left, right, top, bottom). */
export class ConstantPad2d extends _ConstantPadNd {
  constructor(padding: Size4, value: Value | { value: Value })
  constructor(options: { padding: Size4; value: Value })
  constructor(...args: unknown[]) {
    super(2, ...take_constant('ConstantPad2d', args))
  }
}

/** {@link ConstantPad1d} of volumes; the widths are (left, right, top, bottom, front, back). */
export class ConstantPad3d extends _ConstantPadNd {
  constructor(padding: Size6, value: Value | { value: Value })
  constructor(options: { padding: Size6; value: Value })
  constructor(...args: unknown[]) {
    super(3, ...take_constant('ConstantPad3d', args))
  }
}

class _ReflectionPadNd extends _PadNd {
  override forward(input: Tensor): Tensor {
    return nn.pad(input, this.padding, 'reflect')
  }
}

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
  constructor(padding: Size2 | { padding: Size2 })
  constructor(...args: unknown[]) {
    super(1, take_padding('ReflectionPad1d', args))
  }
}

/** {@link ReflectionPad1d} of images; the widths are (left, right, top, bottom). */
export class ReflectionPad2d extends _ReflectionPadNd {
  constructor(padding: Size4 | { padding: Size4 })
  constructor(...args: unknown[]) {
    super(2, take_padding('ReflectionPad2d', args))
  }
}

/** {@link ReflectionPad1d} of volumes; the widths are (left, right, top, bottom, front, back). */
export class ReflectionPad3d extends _ReflectionPadNd {
  constructor(padding: Size6 | { padding: Size6 })
  constructor(...args: unknown[]) {
    super(3, take_padding('ReflectionPad3d', args))
  }
}

class _ReplicationPadNd extends _PadNd {
  override forward(input: Tensor): Tensor {
    return nn.pad(input, this.padding, 'replicate')
  }
}

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
  constructor(padding: Size2 | { padding: Size2 })
  constructor(...args: unknown[]) {
    super(1, take_padding('ReplicationPad1d', args))
  }
}

/** {@link ReplicationPad1d} of images; the widths are (left, right, top, bottom). */
export class ReplicationPad2d extends _ReplicationPadNd {
  constructor(padding: Size4 | { padding: Size4 })
  constructor(...args: unknown[]) {
    super(2, take_padding('ReplicationPad2d', args))
  }
}

/** {@link ReplicationPad1d} of volumes; the widths are (left, right, top, bottom, front, back). */
export class ReplicationPad3d extends _ReplicationPadNd {
  constructor(padding: Size6 | { padding: Size6 })
  constructor(...args: unknown[]) {
    super(3, take_padding('ReplicationPad3d', args))
  }
}

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
  constructor(padding: Size2 | { padding: Size2 })
  constructor(...args: unknown[]) {
    super(take_padding('ZeroPad1d', args) as Size2, 0)
  }

  override extra_repr(): string {
    return py_ints(this.padding)
  }
}

/** {@link ZeroPad1d} of images; the widths are (left, right, top, bottom). */
export class ZeroPad2d extends ConstantPad2d {
  constructor(padding: Size4 | { padding: Size4 })
  constructor(...args: unknown[]) {
    super(take_padding('ZeroPad2d', args) as Size4, 0)
  }

  override extra_repr(): string {
    return py_ints(this.padding)
  }
}

/** {@link ZeroPad1d} of volumes; the widths are (left, right, top, bottom, front, back). */
export class ZeroPad3d extends ConstantPad3d {
  constructor(padding: Size6 | { padding: Size6 })
  constructor(...args: unknown[]) {
    super(take_padding('ZeroPad3d', args) as Size6, 0)
  }

  override extra_repr(): string {
    return py_ints(this.padding)
  }
}
