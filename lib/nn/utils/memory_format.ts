import type { MemoryFormat } from '../../layout.js'
import { required } from '../../python/parameters.js'
import { signature } from '../../python/signature.js'
import { Conv2d, Conv3d, ConvTranspose2d, ConvTranspose3d } from '../modules/conv.js'
import type { Module } from '../modules/module.js'
import { MODULE } from './expect_module.js'

const FORMAT = { memory_format: required<MemoryFormat>() }
const CONVERT2D = signature('convert_conv2d_weight_memory_format', MODULE, FORMAT)
const CONVERT3D = signature('convert_conv3d_weight_memory_format', MODULE, FORMAT)

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
): M
export function convert_conv2d_weight_memory_format<M extends Module>(
  module: M,
  options: { memory_format: MemoryFormat },
): M
export function convert_conv2d_weight_memory_format(...args: unknown[]): Module {
  const [module, memory_format] = CONVERT2D.bind(args)
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
): M
export function convert_conv3d_weight_memory_format<M extends Module>(
  module: M,
  options: { memory_format: MemoryFormat },
): M
export function convert_conv3d_weight_memory_format(...args: unknown[]): Module {
  const [module, memory_format] = CONVERT3D.bind(args)
  return convert(
    module,
    memory_format,
    (child) => child instanceof Conv3d || child instanceof ConvTranspose3d,
  )
}
