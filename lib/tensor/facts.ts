/** What `native.fact` is asked: the numbers of native/tensor.cpp's `Fact`. */
export const REQUIRES_GRAD = 0
export const IS_LEAF = 1
export const IS_QUANTIZED = 2
export const RETAINS_GRAD = 3
export const IS_NESTED = 4
export const SHARES_STORAGE = 5
