import type { DeviceLike } from '../../device.js'
import { methods } from '../../python/methods.js'
import type { Tensor } from '../../tensor.js'
import { ModuleTree } from './module_tree.js'

/** A module's moves to kinds of devices, each by its name. */
export abstract class ModuleDevices extends ModuleTree {
  abstract _apply(fn: (tensor: Tensor) => Tensor, recurse?: boolean): this

  /** Moves parameters and buffers to a CUDA device; the current one where none is given. */
  cuda(device: DeviceLike | number | null = null): this {
    return this._apply((tensor) => tensor.cuda(device ?? undefined))
  }

  /** Moves parameters and buffers to an XPU device, where the build has such. */
  xpu(device: DeviceLike | number | null = null): this {
    return this._apply((tensor) => tensor.xpu(device ?? undefined))
  }

  /** Moves parameters and buffers to an IPU device, where the build has such. */
  ipu(device: DeviceLike | number | null = null): this {
    return this._apply((tensor) => tensor.ipu(device ?? undefined))
  }

  /** Moves parameters and buffers to an MTIA device, where the build has such. */
  mtia(device: DeviceLike | number | null = null): this {
    return this._apply((tensor) => tensor.mtia(device ?? undefined))
  }

  /** Moves parameters and buffers to the CPU. */
  cpu(): this {
    return this._apply((tensor) => tensor.cpu())
  }

  static {
    methods(ModuleDevices, { cuda: 'device?', xpu: 'device?', ipu: 'device?', mtia: 'device?', cpu: '' })
  }
}
