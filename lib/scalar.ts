/** A float that happens to be whole, as Python's `2.0`; see {@link float_scalar}. */
export class FloatScalar {
  constructor(readonly re: number) {}
  valueOf(): number {
    return this.re
  }
  toJSON(): number {
    return this.re
  }
  toString(): string {
    return Number.isInteger(this.re) ? `${this.re}.0` : String(this.re)
  }
}

/** A complex number, as Python's `complex`. */
export class Complex {
  constructor(
    readonly re: number,
    readonly im: number,
  ) {}
  toString(): string {
    return `(${this.re}${this.im < 0 || Object.is(this.im, -0) ? '-' : '+'}${Math.abs(this.im)}j)`
  }
}

/** What every operator takes as a number. */
export type Scalar = number | bigint | boolean | FloatScalar | Complex

/**
 * Python's `2.0`: a whole number that counts as a float where the difference matters. A plain whole number never
 * changes an integer tensor's dtype; this one does.
 *
 * @param value the number
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.tensor([1n]).add(torch.float_scalar(2)).dtype // torch.float32
 * ```
 */
export function float_scalar(value: number): FloatScalar {
  return new FloatScalar(value)
}

/**
 * Python's `complex(re, im)`, for operators that take a number.
 *
 * @param re the real part
 * @param im the imaginary part
 */
export function complex_scalar(re: number, im = 0): Complex {
  return new Complex(re, im)
}

/** Whether a value may stand where an operator takes a number. */
export function is_scalar(value: unknown): value is Scalar {
  const type = typeof value
  return (
    type === 'number' ||
    type === 'bigint' ||
    type === 'boolean' ||
    value instanceof FloatScalar ||
    value instanceof Complex
  )
}
