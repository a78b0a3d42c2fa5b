import { AssertionError, make_error, type_error, type_name } from '../errors.js'
import { native } from '../native.js'
import { own_value } from '../own.js'
import { check_options } from '../python/options.js'
import type { Tensor } from '../tensor.js'
import type { TensorHookHandle } from './hooks.js'
import { gradient_node_of, type Node, will_execute } from './node.js'

/** Sees the gradients of all tensors, null for those that have none. */
export type AllGradientsHook = (gradients: (Tensor | null)[]) => void
/** Sees the first gradient that is computed. */
export type AnyGradientHook = (gradient: Tensor) => void

/** Keywords of {@link register_multi_grad_hook}. */
export interface MultiGradHookOptions<M extends 'all' | 'any' = 'all' | 'any'> {
  /** Whether the hook waits for all gradients, or runs with the first. Default: `'all'`. */
  mode?: M
}

/**
 * Registers a hook on several tensors. In mode `'all'` it runs once the gradients of all of them that the backward under way
 * computes are there, with null for the others; in mode `'any'` with the first of them.
 *
 * @param tensors those whose gradients it sees
 * @param fn the hook; it must not change its argument
 * @throws ValueError for another mode
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * const a = torch.ones(2, { requires_grad: true }), b = torch.ones(2, { requires_grad: true })
 * const c = a.mul(b), d = a.mul(b)
 * torch.autograd.graph.register_multi_grad_hook([a, b, c, d], (gradients) => {
 *   gradients.map((gradient) => gradient !== null) // [true, true, true, false]
 * })
 * c.sum().backward()
 * ```
 * @see https://docs.pytorch.org/docs/2.13/autograd.html#torch.autograd.graph.register_multi_grad_hook
 */
export function register_multi_grad_hook(
  tensors: readonly Tensor[],
  fn: AllGradientsHook,
  options?: MultiGradHookOptions<'all'>,
): TensorHookHandle
export function register_multi_grad_hook(
  tensors: readonly Tensor[],
  fn: AnyGradientHook,
  options: { mode: 'any' },
): TensorHookHandle
export function register_multi_grad_hook(
  tensors: readonly Tensor[],
  fn: AllGradientsHook | AnyGradientHook,
  options: MultiGradHookOptions = {},
): TensorHookHandle {
  check_options('register_multi_grad_hook', options, ['mode'])
  const mode = own_value(options, 'mode') ?? 'all'
  if (mode !== 'all' && mode !== 'any')
    throw make_error('ValueError', `Expects mode to be one of ('all', 'any') but got ${String(mode)}`)
  if (typeof fn !== 'function')
    throw type_error(`register_multi_grad_hook(): argument 'fn' must be function, not ${type_name(fn)}`)
  const handles =
    mode === 'all'
      ? register_all(tensors, fn as AllGradientsHook)
      : register_any(tensors, fn as AnyGradientHook)
  const remove = () => {
    for (const handle of handles) handle.remove()
  }
  return { remove, [Symbol.dispose]: remove }
}

function task(): number {
  const id = native.graph_task()
  if (id === -1) throw new AssertionError('expected this hook to be called inside a backward call')
  return id
}

// What one backward has brought so far, by its number: several may be under way inside each other.
interface Gathered {
  wanted: number
  count: number
  gradients: (Tensor | null)[]
}

function register_all(tensors: readonly Tensor[], fn: AllGradientsHook): TensorHookHandle[] {
  const gathered = new Map<number, Gathered>()
  const nodes = tensors.map((tensor): Node => {
    const node = gradient_node_of(tensor)
    if (node === null) throw new AssertionError('Expected gradient function to be set')
    return node
  })
  return tensors.map((tensor, i) =>
    tensor.register_hook((gradient) => {
      const id = task()
      let own = gathered.get(id)
      if (own === undefined) {
        own = { wanted: nodes.filter(will_execute).length, count: 0, gradients: tensors.map(() => null) }
        gathered.set(id, own)
      }
      own.count++
      own.gradients[i] = gradient
      if (own.count !== own.wanted) return
      gathered.delete(id)
      fn(own.gradients)
    }),
  )
}

function register_any(tensors: readonly Tensor[], fn: AnyGradientHook): TensorHookHandle[] {
  // The numbers of backwards only grow, but one inside another comes back to a smaller one.
  const ran = new Set<number>()
  return tensors
    .filter((tensor) => tensor.requires_grad)
    .map((tensor) =>
      tensor.register_hook((gradient) => {
        const id = task()
        if (ran.has(id)) return
        ran.add(id)
        fn(gradient)
      }),
    )
}
