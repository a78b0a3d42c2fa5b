import type { DType } from '../dtype.js'
import { nonzero } from '../functional/nonzero.js'
import { norm } from '../functional/norm.js'
import {
  type UniqueConsecutiveOptions,
  type UniqueOptions,
  unique,
  unique_consecutive,
} from '../functional/unique.js'
import { methods } from '../python/methods.js'
import type { Tensor } from '../tensor.js'
import type { TensorLegacy } from './legacy_methods.js'
import type { TensorReflected } from './reflected.js'
import type { Several } from './several.js'

type Both = { return_inverse: true; return_counts: true }
type One = { return_inverse: true } | { return_counts: true }

/** Methods that PyTorch writes in Python: functions of torch with the tensor as their first argument. */
export interface TensorFunctional extends TensorReflected, TensorLegacy {
  /** As {@link unique}. */
  unique(options: UniqueOptions & Both): [Tensor, Tensor, Tensor]
  unique(options: UniqueOptions & One): [Tensor, Tensor]
  unique(sorted?: boolean | UniqueOptions): Tensor
  /** As {@link unique_consecutive}. */
  unique_consecutive(options: UniqueConsecutiveOptions & Both): [Tensor, Tensor, Tensor]
  unique_consecutive(options: UniqueConsecutiveOptions & One): [Tensor, Tensor]
  unique_consecutive(return_inverse?: false | UniqueConsecutiveOptions): Tensor
}

/** What {@link norm} takes beside numbers. */
export type NamedNorm = (
  p: 'fro' | 'nuc',
  dim?:
    | number
    | readonly number[]
    | null
    | { dim?: number | readonly number[] | null; keepdim?: boolean; dtype?: DType },
  keepdim?: boolean | { keepdim?: boolean; dtype?: DType },
) => Tensor

/** What {@link nonzero} takes beside nothing. */
export type NonzeroTuple = (options: { as_tuple: true }) => Several<Tensor>

const method = (name: string, call: (...args: never[]) => unknown) => {
  const made = function (this: Tensor, ...args: unknown[]): unknown {
    return (call as (...args: unknown[]) => unknown)(this, ...args)
  }
  Object.defineProperty(made, 'name', { value: name })
  return made
}

/** What lib/tensor/install.ts puts on Tensor.prototype. */
export const functional_methods: Record<string, unknown> = {
  nonzero: method('nonzero', nonzero),
  norm(
    this: Tensor,
    p?: never,
    dim?: number | readonly number[] | null,
    keepdim?: boolean,
    dtype?: DType | null,
  ) {
    return norm(this, p, dim, keepdim, null, dtype)
  },
  unique: method('unique', unique),
  unique_consecutive: method('unique_consecutive', unique_consecutive),
}

methods({ prototype: functional_methods }, { norm: 'p?, dim?, keepdim?, dtype?' })
