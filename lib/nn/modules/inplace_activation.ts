import { take_options } from '../../ops/keywords.js'
import { Module } from './module.js'

/** The keyword of activations that may change their input. */
export interface InplaceOptions {
  /** Whether the input itself is changed. Default: false. */
  inplace?: boolean
}

/** Activations whose only option is `inplace`. */
export class InplaceActivation extends Module {
  declare inplace: boolean

  constructor(inplace?: boolean | InplaceOptions)
  constructor(...args: unknown[]) {
    super()
    this.inplace = take_options(new.target.name, args, ['inplace'], { inplace: false }).inplace
  }

  override extra_repr(): string {
    return this.inplace ? 'inplace=True' : ''
  }
}

/** What follows the other options where `inplace` is set. */
export function inplace_suffix(module: { inplace: boolean }): string {
  return module.inplace ? ', inplace=True' : ''
}
