import type { MemoryFormat } from '../../layout.js'
import { Conv2d, Conv3d, ConvTranspose2d, ConvTranspose3d } from '../modules/conv.js'
import type { Module } from '../modules/module.js'

function convert<M extends Module>(
  module: M,
  memory_format: MemoryFormat,
  is_wanted: (module: Module) => module is Conv2d | Conv3d | ConvTranspose2d | ConvTranspose3d,
): M {
  for (const child of module.modules())
    if (is_wanted(child)) {
      const weight = child.weight.detach().clone({ memory_format })
      child.weight.data = weight.resize_(weight.shape, { memory_format })
    }
  return module
}

/**
 * Lays the weights of all two-dimensional convolutions out in a memory format, in place.
 *
 * @example
 * ```ts
 * nn.utils.convert_conv2d_weight_memory_format(new nn.Conv2d(8, 4, 3), torch.channels_last)
 * ```
 *
 * @see torch/nn/utils/memory_format.py
 */
export function convert_conv2d_weight_memory_format<M extends Module>(
  module: M,
  memory_format: MemoryFormat,
): M {
  return convert(
    module,
    memory_format,
    (child) => child instanceof Conv2d || child instanceof ConvTranspose2d,
  )
}

/** Lays the weights of all three-dimensional convolutions out in a memory format, in place. */
export function convert_conv3d_weight_memory_format<M extends Module>(
  module: M,
  memory_format: MemoryFormat,
): M {
  return convert(
    module,
    memory_format,
    (child) => child instanceof Conv3d || child instanceof ConvTranspose3d,
  )
}
