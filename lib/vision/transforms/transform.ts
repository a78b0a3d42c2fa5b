import { type_error, type_name } from '../../errors.js'
import { Module } from '../../nn/modules/module.js'
import * as ops from '../../ops/generated/torch.js'
import { optional, required } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import { py_float, py_repr } from '../../repr.js'
import type { Tensor } from '../../tensor.js'
import type { Picture } from './picture.js'

/** A transform that gives back what it was given: an image for an image, a tensor for a tensor. */
export interface PictureTransform {
  // biome-ignore lint/style/useShorthandFunctionType: an interface merges with the class, a type does not
  <P extends Picture>(img: P): P
}
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: see the interface
export abstract class PictureTransform extends Module {
  abstract override forward<P extends Picture>(img: P): P

  /** What stands between the parentheses. */
  protected described(): string {
    return ''
  }

  override __repr__(): string {
    return `${this.constructor.name}(${this.described()})`
  }
}

/** A function of one argument, or a transform. */
export type Step = (input: never) => unknown

const lines = (steps: readonly Step[]) => steps.map((step) => `\n    ${String(step)}`).join('')

function run(steps: readonly Step[], input: unknown): unknown {
  return steps.reduce<unknown>((value, step) => step(value as never), input)
}

/**
 * Transforms one after the other.
 *
 * @typeParam Result - what the last of them gives. Default: a Tensor
 * @param transforms - transforms or functions of one argument
 *
 * @example
 * ```ts
 * const transform = new vision.transforms.Compose([
 *   new vision.transforms.Resize(32),
 *   new vision.transforms.ToTensor(),
 *   new vision.transforms.Normalize([0.5], [0.5]),
 * ])
 * const x = transform(new vision.Image('L', 28, 28, new Uint8Array(784))) // (1, 32, 32), between -1 and 1
 * ```
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.Compose.html
 */
export class Compose<Result = Tensor> extends Module {
  declare transforms: readonly Step[]

  constructor(transforms: readonly Step[]) {
    super()
    if (!Array.isArray(transforms))
      throw type_error(`Argument transforms should be a sequence of callables, not ${type_name(transforms)}`)
    this.transforms = transforms
  }

  override forward(img: unknown): Result {
    return run(this.transforms, img) as Result
  }

  override __repr__(): string {
    return `${this.constructor.name}(${lines(this.transforms)}\n)`
  }
}

/**
 * A function as a transform.
 *
 * @param lambd - of one argument
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.Lambda.html
 */
export class Lambda<In = Tensor, Out = Tensor> extends Module {
  lambd: (input: In) => Out

  constructor(lambd: (input: In) => Out) {
    super()
    if (typeof lambd !== 'function')
      throw type_error(`Argument lambd should be callable, got '${type_name(lambd)}'`)
    this.lambd = lambd
  }

  override forward(img: In): Out {
    return this.lambd(img)
  }

  override __repr__(): string {
    return `${this.constructor.name}()`
  }
}

/** Whether something happens that does with probability p, by the default generator. */
export function happens(p: number): boolean {
  return ops.rand(1).lt(p).item() as unknown as boolean
}

const RANDOM_APPLY = signature(
  'RandomApply',
  { transforms: required<readonly Step[]>() },
  { p: optional(0.5) },
)

/**
 * Some transforms, all or none of them.
 *
 * @param transforms - what may be applied
 * @param p - the probability that they are. Default: 0.5
 */
export class RandomApply<Result = Tensor> extends Module {
  declare transforms: readonly Step[]
  declare p: number

  constructor(...args: Call<typeof RANDOM_APPLY>)
  constructor(...args: UsualCall<typeof RANDOM_APPLY>)
  constructor(...args: unknown[]) {
    super()
    const { transforms, p } = RANDOM_APPLY.take(args)
    this.transforms = transforms
    this.p = p
  }

  override forward(img: unknown): Result {
    if (ops.rand(1).gt(this.p).item()) return img as Result
    return run(this.transforms, img) as Result
  }

  override __repr__(): string {
    return `${this.constructor.name}(\n    p=${py_float(this.p)}${lines(this.transforms)}\n)`
  }
}

/** Numbers as a tuple of floats prints, or None. */
export const floats = (values: readonly number[] | null) =>
  values === null ? 'None' : py_repr([...values], true)
