import { inspect } from 'node:util'
import { python_type_name, type_error } from './errors.js'

/**
 * A shape as Python's `torch.Size`: an array of whole numbers that counts its elements and prints as there. A tensor's
 * `shape` is a plain array, which `instanceof torch.Size` accepts as well.
 *
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.Size.from([2, 3]).numel() // 6
 * ```
 * @see https://docs.pytorch.org/docs/2.13/size.html
 */
export class Size extends Array<number> {
  static override get [Symbol.species]() {
    return Array
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return Array.isArray(value) && value.every((size) => Number.isInteger(size))
  }

  /** @param sizes the sizes of the dimensions */
  constructor(sizes: Iterable<number> = []) {
    if (typeof (sizes as Partial<Iterable<number>> | null)?.[Symbol.iterator] !== 'function')
      throw type_error(`'${python_type_name(sizes)}' object is not iterable`)
    const all: number[] = []
    for (const size of sizes) {
      if (!Number.isInteger(size))
        throw type_error(
          `torch.Size() takes an iterable of 'int' (item ${all.length} is '${python_type_name(size)}')`,
        )
      all.push(size)
    }
    super(all.length)
    for (const [i, size] of all.entries()) this[i] = size
  }

  /** The number of elements of a tensor of this shape. */
  numel(): number {
    return this.reduce((product, size) => product * size, 1)
  }

  override toString(): string {
    return `torch.Size([${this.join(', ')}])`
  }

  [inspect.custom](): string {
    return this.toString()
  }
}
