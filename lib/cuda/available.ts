import { assertion_error, runtime_error } from '../errors.js'
import { native } from '../native.js'

let initialized = false

/** Refuses CUDA where there is none, in PyTorch's words; the first success starts the CUDA runtime. */
export function check_cuda(): void {
  if (initialized) return
  if (!native.has_cuda()) throw assertion_error('Torch not compiled with CUDA enabled')
  if (native.cuda_device_count() === 0) {
    throw runtime_error(
      'Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU and installed a driver from http://www.nvidia.com/Download/index.aspx',
    )
  }
  native.cuda_init()
  initialized = true
}

/** Whether the CUDA runtime was started. */
export function is_initialized(): boolean {
  return initialized
}
