import { vjp_with_argnums } from './grad.js'

type Loose = (...args: unknown[]) => unknown

/** Keywords of the function that {@link vjp} gives. */
export interface VjpCallOptions {
  retain_graph?: boolean
  create_graph?: boolean
}

/**
 * A function's value, and the function of cotangents that gives their products with its Jacobian, for each argument.
 *
 * @param func takes the primals
 * @param given the primals, and `{ has_aux }` where the function returns `[output, aux]`
 * @returns `[output, vjp_fn]`, with `has_aux` `[output, vjp_fn, aux]`; `vjp_fn(cotangents)` gives an array
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * const [value, vjp_fn] = torch.func.vjp((x: torch.Tensor) => x.sin().sum(), torch.ones(3))
 * vjp_fn(torch.tensor(1))[0] // cos(1) three times
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.func.vjp.html
 */
export function vjp<A extends readonly unknown[], R>(
  func: (...args: A) => R,
  ...primals: A
): [output: R, vjp_fn: (cotangents: R, options?: VjpCallOptions) => { -readonly [K in keyof A]: A[K] }]
export function vjp<A extends readonly unknown[], R>(
  func: (...args: A) => readonly [R, unknown],
  ...given: [...A, { has_aux: true }]
): [output: R, vjp_fn: (cotangents: R, options?: VjpCallOptions) => unknown[], aux: unknown]
export function vjp(func: Loose, ...given: unknown[]): unknown[] {
  const last = given[given.length - 1]
  const has_options = typeof last === 'object' && last !== null && Object.keys(last).join() === 'has_aux'
  const has_aux = has_options && (last as { has_aux: boolean }).has_aux
  const primals = has_options ? given.slice(0, -1) : given
  const { output, vjp_fn, aux } = vjp_with_argnums(func, primals, null, has_aux)
  return has_aux ? [output, vjp_fn, aux] : [output, vjp_fn]
}
