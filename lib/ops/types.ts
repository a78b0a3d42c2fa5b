// The types that the generated declarations are written in.

export type { DeviceLike } from '../device.js'
export type { DType } from '../dtype.js'
export type { Generator } from '../generator.js'
export type { Layout, MemoryFormat } from '../layout.js'
export type { Scalar } from '../scalar.js'
export type { Stream } from '../stream.js'
export type { Tensor } from '../tensor.js'

import type { Tensor } from '../tensor.js'

/** A list of whole numbers: sizes, strides, dimensions. */
export type IntList = readonly (number | bigint)[]

/** A storage is handed over as a tensor that shares it. */
export type Storage = Tensor
