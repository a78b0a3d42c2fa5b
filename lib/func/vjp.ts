import { keyworded } from '../python/methods.js'
import { refuse_keywords } from './argnums.js'
import { vjp_with_argnums } from './grad.js'

type Loose = (...args: unknown[]) => unknown

/** Keywords of the function that {@link vjp} gives. */
export interface VjpCallOptions {
  retain_graph?: boolean
  create_graph?: boolean
}

interface Vjp {
  <A extends readonly unknown[], R>(
    func: (...args: A) => R,
    ...primals: A
  ): [output: R, vjp_fn: (cotangents: R, options?: VjpCallOptions) => { -readonly [K in keyof A]: A[K] }]
  <A extends readonly unknown[], R>(
    func: (...args: A) => readonly [R, unknown],
    ...given: [...A, { has_aux: true }]
  ): [output: R, vjp_fn: (cotangents: R, options?: VjpCallOptions) => unknown[], aux: unknown]
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
export const vjp = keyworded('vjp(func, *primals{}, has_aux?)', own_vjp) as unknown as Vjp

function own_vjp(func: Loose, primals: readonly unknown[], has_aux = false): unknown[] {
  refuse_keywords('vjp', primals, ['has_aux'])
  const { output, vjp_fn, aux } = vjp_with_argnums(func, primals, null, has_aux)
  return has_aux ? [output, vjp_fn, aux] : [output, vjp_fn]
}
