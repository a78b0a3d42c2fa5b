import { bool } from '../../python/checks.js'
import { methods } from '../../python/methods.js'
import { optional } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import { Module } from './module.js'

const INPLACE = signature('InplaceActivation', { inplace: optional(false, bool) })

/** Activations whose only option is `inplace`. */
export class InplaceActivation extends Module {
  declare inplace: boolean

  constructor(...args: Call<typeof INPLACE>)
  constructor(...args: UsualCall<typeof INPLACE>)
  constructor(...args: unknown[]) {
    super()
    this.inplace = INPLACE.take(args, new.target.name).inplace
  }

  override extra_repr(): string {
    return this.inplace ? 'inplace=True' : ''
  }

  static {
    methods(InplaceActivation, { extra_repr: '' })
  }
}

/** What follows the other options where `inplace` is set. */
export function inplace_suffix(module: { inplace: boolean }): string {
  return module.inplace ? ', inplace=True' : ''
}
