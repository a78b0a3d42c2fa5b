import { run_then } from '../callback.js'
import { AssertionError, runtime_error } from '../errors.js'
import type { Tensor } from '../tensor.js'
import { ContextMode } from './context.js'
import { type ModeGuard, open_guard } from './guard.js'
import { saved_tensors_hooks } from './saved_tensors.js'

/** What was saved inside one block, by number; let go of at its end. */
type Saved = Map<number, Tensor>

const mutation_mode = new ContextMode<Saved | null>(null, () => {})

const OUTSIDE =
  "Trying to backward outside of the 'allow_mutation_on_saved_tensors' context" +
  'in which the graph was originally recorded.'

function hooks_of(saved: Saved): [pack: (tensor: Tensor) => number, unpack: (number: number) => Tensor] {
  return [
    (tensor) => {
      const number = saved.size
      saved.set(number, tensor.detach().clone())
      return number
    },
    (number) => {
      const kept = mutation_mode.current() === null ? undefined : saved.get(number)
      if (kept === undefined) throw new AssertionError(OUTSIDE)
      return kept
    },
  ]
}

/**
 * Inside the callback, or for the rest of a `using` block, tensors that backward needs may be changed in place: forward and
 * backward run in the block, and backward sees what was saved. PyTorch copies a tensor when it is changed; here each is
 * copied when it is saved, which takes the memory of all of them.
 *
 * @throws RuntimeError inside another such block; AssertionError in a backward after the block
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * const a = torch.ones(2, { requires_grad: true })
 * torch.autograd.graph.allow_mutation_on_saved_tensors(() => {
 *   const b = a.clone()
 *   const out = b.pow(2).sum()
 *   b.sin_()
 *   out.backward()
 * })
 * a.grad // tensor([2., 2.])
 * ```
 * @see https://docs.pytorch.org/docs/2.13/autograd.html#torch.autograd.graph.allow_mutation_on_saved_tensors
 */
export function allow_mutation_on_saved_tensors(): ModeGuard
export function allow_mutation_on_saved_tensors<R>(callback: () => R): R
export function allow_mutation_on_saved_tensors<R>(callback?: () => R): R | ModeGuard {
  if (mutation_mode.current() !== null)
    throw runtime_error('allow_mutation_on_saved_tensors contexts cannot be nested')
  const saved: Saved = new Map()
  const [pack, unpack] = hooks_of(saved)
  if (callback === undefined) {
    const hooks = saved_tensors_hooks(pack, unpack)
    const close = mutation_mode.open(saved)
    return open_guard(() => {
      close()
      hooks[Symbol.dispose]()
      saved.clear()
    }, 'allow_mutation_on_saved_tensors')
  }
  return run_then(
    () => mutation_mode.run(saved, () => saved_tensors_hooks(pack, unpack, callback)),
    () => saved.clear(),
  )
}
