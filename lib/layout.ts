import { inspect } from 'node:util'
import { type_error } from './errors.js'
import { LOWERED } from './ops/lowered.js'

// While this file makes the ones that there are.
let making = true

class Enumerated {
  /** What Python calls the class. */
  static readonly python_name: string
  readonly [LOWERED]: number
  constructor(
    readonly name: string,
    code: number,
  ) {
    if (!making) throw type_error(`cannot create 'torch.${new.target.python_name}' instances`)
    this[LOWERED] = code
  }
  toString(): string {
    return `torch.${this.name}`
  }
  /** Its text in JSON. */
  toJSON(): string {
    return this.toString()
  }
  [inspect.custom](): string {
    return this.toString()
  }
}

/** How a tensor's elements lie in memory, as `torch.layout`. */
export class Layout extends Enumerated {
  static override readonly python_name = 'layout'
  readonly kind = 'layout'
}

/** The order of a dense tensor's dimensions in memory, as `torch.memory_format`. */
export class MemoryFormat extends Enumerated {
  static override readonly python_name = 'memory_format'
  readonly kind = 'memory_format'
}

/** Whether quantized values share one scale, as `torch.qscheme`. */
export class QScheme extends Enumerated {
  static override readonly python_name = 'qscheme'
  readonly kind = 'qscheme'
}

export const strided = new Layout('strided', 0)
export const sparse_coo = new Layout('sparse_coo', 1)
export const sparse_csr = new Layout('sparse_csr', 2)
export const _mkldnn = new Layout('_mkldnn', 3)
export const sparse_csc = new Layout('sparse_csc', 4)
export const sparse_bsr = new Layout('sparse_bsr', 5)
export const sparse_bsc = new Layout('sparse_bsc', 6)
export const jagged = new Layout('jagged', 7)

const layouts = [strided, sparse_coo, sparse_csr, _mkldnn, sparse_csc, sparse_bsr, sparse_bsc, jagged]

/** The layout of LibTorch's number. */
export function layout_of_code(code: number): Layout {
  return layouts[code] ?? strided
}

export const contiguous_format = new MemoryFormat('contiguous_format', 0)
export const preserve_format = new MemoryFormat('preserve_format', 1)
export const channels_last = new MemoryFormat('channels_last', 2)
export const channels_last_3d = new MemoryFormat('channels_last_3d', 3)

export const per_tensor_affine = new QScheme('per_tensor_affine', 0)
export const per_channel_affine = new QScheme('per_channel_affine', 1)
export const per_tensor_symmetric = new QScheme('per_tensor_symmetric', 2)
export const per_channel_symmetric = new QScheme('per_channel_symmetric', 3)
export const per_channel_affine_float_qparams = new QScheme('per_channel_affine_float_qparams', 4)

making = false
