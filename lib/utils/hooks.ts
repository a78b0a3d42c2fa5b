import { own, own_value } from '../own.js'

/** What a hook that changes nothing returns. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function without a return
export type Nothing = void | null | undefined

/** Hooks by the number of their handle, in the order in which they run. */
export type HookMap<H> = Map<number, H>

let next_id = 0

/**
 * What registering a hook returns: `remove()` takes the hook away again, and so does the end of a `using` block.
 *
 * @example
 * ```ts
 * const handle = model.register_forward_hook((module, args, output) => console.log(output.shape))
 * model(x)
 * handle.remove()
 * ```
 *
 * @see torch/utils/hooks.py
 */
export class RemovableHandle {
  /** The hook's number, which no other hook of this process has. */
  readonly id: number

  // Strong, where Python's is weak: what a WeakRef was made of lives until the turn of the event loop ends, and with it a
  // module and its whole last step.
  readonly #maps: Map<number, unknown>[]

  /**
   * @param hooks - the map which the hook stands in
   * @param options.extra_dict - further maps that lose the hook's number together with it
   */
  constructor(
    hooks: Map<number, unknown>,
    options: { extra_dict?: Map<number, unknown> | Map<number, unknown>[] } = {},
  ) {
    this.id = next_id++
    const extra = own_value(options, 'extra_dict') ?? []
    this.#maps = [hooks, ...(Array.isArray(extra) ? extra : [extra])]
  }

  /** Removes the hook; does nothing the second time. */
  remove(): void {
    for (const map of this.#maps) map.delete(this.id)
  }

  [Symbol.dispose](): void {
    this.remove()
  }
}

/** Adds a hook at the end, or before all others, and returns the handle that removes it. */
export function add_hook<H>(
  hooks: HookMap<H>,
  hook: H,
  options: { prepend?: boolean | undefined; extra_dict?: Map<number, unknown>[] } = {},
): RemovableHandle {
  options = own(options)
  const handle = new RemovableHandle(hooks, options.extra_dict ? { extra_dict: options.extra_dict } : {})
  const later = options.prepend ? [...hooks] : []
  if (options.prepend) hooks.clear()
  hooks.set(handle.id, hook)
  for (const [id, other] of later) hooks.set(id, other)
  return handle
}
