import { warn_once } from '../../warn.js'
import { Module } from './module.js'

/**
 * A module with children by name: what {@link Module} itself is now. Deprecated in PyTorch.
 *
 * @param modules - the children by name
 * @see torch/nn/modules/container.py
 */
export class Container extends Module {
  constructor(modules: Readonly<Record<string, Module>> = {}) {
    super()
    warn_once(
      '`nn.Container` is deprecated. All of its functionality is now implemented in `nn.Module`. Subclass that instead.',
      'FutureWarning',
    )
    for (const [name, module] of Object.entries(modules)) this.add_module(name, module)
  }
}
