import { table } from '../own.js'

/** How a value crosses into the addon. */
export const PLAIN = 0
export const DEVICE = 1
export const NUMBER = 2
export const NUMBERS = 3
export const TENSOR_LIST = 4
export type Way = typeof PLAIN | typeof DEVICE | typeof NUMBER | typeof NUMBERS | typeof TENSOR_LIST

/** By the kind of the parameter; the others are `PLAIN`. */
export const ways_of_kinds = table<Way>({
  'torch.device': DEVICE,
  int: NUMBER,
  float: NUMBER,
  Scalar: NUMBER,
  'int[]': NUMBERS,
  'Tensor[]': TENSOR_LIST,
})
