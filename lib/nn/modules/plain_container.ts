import { keywords } from '../../python/parameters.js'
import { type AnyCall, signature } from '../../python/signature.js'
import { warn_once } from '../../warn.js'
import { Module } from './module.js'

const CONTAINER = signature('Container', { kwargs: keywords<Module>() })

/**
 * A module with children by name: what {@link Module} itself is now. Deprecated in PyTorch.
 *
 * @param modules - the children by name
 * @see torch/nn/modules/container.py
 */
export class Container extends Module {
  constructor(...args: AnyCall<typeof CONTAINER>)
  constructor(...args: unknown[]) {
    super()
    const { kwargs } = CONTAINER.take(args, new.target.name)
    warn_once(
      '`nn.Container` is deprecated. All of its functionality is now implemented in `nn.Module`. Subclass that instead.',
      'FutureWarning',
    )
    for (const [name, module] of Object.entries(kwargs)) this.add_module(name, module)
  }
}
