import { runtime_error, type_error, type_name } from '../errors.js'
import { type Handle, native, type SavedRecord } from '../native.js'
import { own } from '../own.js'
import { check_options } from '../python/options.js'
import { handle_of, Tensor, wrap } from '../tensor.js'
import { add_mode, ContextMode, context } from './context.js'
import { type ModeGuard, open_guard } from './guard.js'
import { refuse_elsewhere } from './reach.js'

type Pack = (handle: Handle) => SavedRecord

/** The hooks on what operators save, or null. */
const saved_mode = new ContextMode<Pack | null>(null, (pack) => {
  if (pack === null) native.set_saved_tensor_hooks()
  else native.set_saved_tensor_hooks(pack)
})
add_mode(saved_mode)

/** Whether hooks on what operators save are in force here. */
export const saves_by_hooks = (): boolean => saved_mode.current() !== null

// What pack_hook calls comes in the middle of the operator that saves.
let packing = 0

/** What the operators have saved that gave these results, to be carried by them. */
export function saved_behind(results: readonly Handle[]): SavedRecord[] {
  return packing === 0 ? native.settle_saves(results) : []
}

function packer<P>(pack: (tensor: Tensor) => P, unpack: (packed: P) => Tensor): Pack {
  for (const [hook, name] of [
    [pack, 'pack_hook'],
    [unpack, 'unpack_hook'],
  ] as const)
    if (typeof hook !== 'function')
      throw type_error(`saved_tensors_hooks(): argument '${name}' must be function, not ${type_name(hook)}`)
  // Results are to carry what is packed.
  context.carriers = 1
  const unpacked = (packed: P): Handle => {
    const tensor: unknown = unpack(packed)
    if (!(tensor instanceof Tensor))
      throw type_error(
        `Output of saved tensor unpack_hook expected to be a Tensor but got result of type ${type_name(tensor)}`,
      )
    return handle_of(tensor)
  }
  return (handle) => {
    let packed: P
    packing++
    try {
      packed = pack(wrap(handle))
    } finally {
      packing--
    }
    // The addon keeps a tensor as a tensor, and anything else is what it is.
    return packed instanceof Tensor
      ? { tensor: handle_of(packed), unpack: (kept) => unpacked(wrap(kept) as P) }
      : { tensor: 0, unpack: () => unpacked(packed) }
  }
}

/** Why no hooks may be set now, or null. */
const refusal_mode = new ContextMode<string | null>(null, () => {})

/**
 * Inside the callback, or for the rest of a `using` block, {@link saved_tensors_hooks} throws.
 *
 * @param error_message what it says
 * @throws RuntimeError of that message where hooks are set already
 * @see https://docs.pytorch.org/docs/2.13/autograd.html#torch.autograd.graph.disable_saved_tensors_hooks
 */
export function disable_saved_tensors_hooks(error_message: string): ModeGuard
export function disable_saved_tensors_hooks<R>(error_message: string, callback: () => R): R
export function disable_saved_tensors_hooks<R>(error_message: string, callback?: () => R): R | ModeGuard {
  if (typeof error_message !== 'string')
    throw type_error(
      `disable_saved_tensors_hooks(): argument 'error_message' must be str, not ${type_name(error_message)}`,
    )
  if (saved_mode.current() !== null) throw runtime_error(error_message)
  if (callback === undefined)
    return open_guard(refusal_mode.open(error_message), 'disable_saved_tensors_hooks')
  return refusal_mode.run(error_message, callback)
}

/**
 * Inside the callback, what operators save for backward passes through `pack_hook`, and comes back through `unpack_hook`.
 * `using _ = saved_tensors_hooks(pack, unpack)` opens the mode for the rest of a synchronous block. The innermost pair counts.
 *
 * @param pack_hook makes what is kept of a tensor; it must not change the tensor
 * @param unpack_hook makes the tensor again: of the same values, shape, type and device
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * const x = torch.ones(3, { requires_grad: true })
 * const y = torch.autograd.graph.saved_tensors_hooks(
 *   (t) => t.tolist(),
 *   (list) => torch.tensor(list as number[]),
 *   () => x.mul(x),
 * )
 * y.sum().backward()
 * ```
 * @see https://docs.pytorch.org/docs/2.13/autograd.html#torch.autograd.graph.saved_tensors_hooks
 */
export function saved_tensors_hooks<P>(
  pack_hook: (tensor: Tensor) => P,
  unpack_hook: (packed: P) => Tensor,
): ModeGuard
export function saved_tensors_hooks<P, R>(
  pack_hook: (tensor: Tensor) => P,
  unpack_hook: (packed: P) => Tensor,
  callback: () => R,
): R
export function saved_tensors_hooks<P, R>(
  pack_hook: (tensor: Tensor) => P,
  unpack_hook: (packed: P) => Tensor,
  callback?: () => R,
): R | ModeGuard {
  refuse_elsewhere('saved_tensors_hooks')
  const pack = packer(pack_hook, unpack_hook)
  const refusal = refusal_mode.current()
  if (refusal !== null) throw runtime_error(refusal)
  if (callback === undefined) return open_guard(saved_mode.open(pack), 'saved_tensors_hooks')
  return saved_mode.run(pack, callback)
}

interface OnCPU {
  device: Tensor['device']
  tensor: Tensor
}

/**
 * Inside the callback, what operators save waits for backward in the memory of the CPU.
 *
 * @param options `pin_memory`: whether copies to and from a device may overlap with its work (default: false)
 * @see https://docs.pytorch.org/docs/2.13/autograd.html#torch.autograd.graph.save_on_cpu
 */
export function save_on_cpu(options?: { pin_memory?: boolean }): ModeGuard
export function save_on_cpu<R>(callback: () => R, options?: { pin_memory?: boolean }): R
export function save_on_cpu<R>(
  first?: (() => R) | { pin_memory?: boolean },
  second?: { pin_memory?: boolean },
): R | ModeGuard {
  const callback = typeof first === 'function' ? first : undefined
  const options = (typeof first === 'function' ? second : first) ?? {}
  check_options('save_on_cpu', options, ['pin_memory'])
  const { pin_memory = false } = own(options as { pin_memory?: boolean })
  const pack = (tensor: Tensor): OnCPU => {
    const copy = tensor.cpu()
    return { device: tensor.device, tensor: pin_memory && tensor.is_cuda ? copy.pin_memory() : copy }
  }
  const unpack = ({ device, tensor }: OnCPU) => tensor.to(device, { non_blocking: pin_memory })
  return callback === undefined
    ? saved_tensors_hooks(pack, unpack)
    : saved_tensors_hooks(pack, unpack, callback)
}
