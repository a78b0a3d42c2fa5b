import { value_error } from '../../errors.js'

/** What an activated implementation is taken back by. */
export interface FlashAttentionHandle {
  remove(): void
}

/** Registers an implementation's kernels with the dispatcher, as by `torch.ops.load_library`. */
export type FlashAttentionRegister = () => FlashAttentionHandle | null | undefined

const implementations = new Map<string, FlashAttentionRegister>()
let active: { name: string; handle: FlashAttentionHandle } | null = null

/**
 * Makes an implementation of flash attention known by name; {@link activate_flash_attention_impl} activates it.
 *
 * @param impl - its name
 * @param options.register_fn - called when it is activated
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.nn.attention.register_flash_attention_impl.html
 */
export function register_flash_attention_impl(
  impl: string,
  options: { register_fn: FlashAttentionRegister },
): void {
  implementations.set(impl, options.register_fn)
}

/**
 * Activates an implementation that was registered, in place of the one before.
 *
 * @throws ValueError for a name that nobody registered
 */
export function activate_flash_attention_impl(impl: string): void {
  take_back()
  const register = implementations.get(impl)
  if (register === undefined) {
    const known = list_flash_attention_impls().map((name) => `'${name}'`)
    throw value_error(
      `Unknown flash attention impl '${impl}'. Available implementations: [${known.join(', ')}]`,
    )
  }
  const handle = register()
  if (handle) active = { name: impl, handle }
}

/** The names of the implementations that are registered, sorted. */
export function list_flash_attention_impls(): string[] {
  return [...implementations.keys()].sort()
}

/** The name of the active implementation; null for LibTorch's own. */
export function current_flash_attention_impl(): string | null {
  return active?.name ?? null
}

function take_back(): boolean {
  const found = active
  active = null
  found?.handle.remove()
  return found !== null
}

/** Goes back to LibTorch's own implementation. */
export function restore_flash_attention_impl(): void {
  if (!take_back())
    process.emitWarning('Trying to restore default FA2 impl when no custom impl was activated', 'UserWarning')
}
