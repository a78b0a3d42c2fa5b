import type { Module } from './module.js'

const forwards = new WeakSet<object>()

/** Says that a `forward` changes its module's buffers in training mode alone. */
export function note_reads_in_evaluation(type: { readonly prototype: Module }): void {
  forwards.add(type.prototype.forward)
}

/** Whether the module's `forward` is known not to change its buffers in evaluation mode. */
export const only_reads_in_evaluation = (module: Module): boolean => forwards.has(module.forward)
