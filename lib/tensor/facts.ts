import { native } from '../native.js'

// What `native.fact` is asked.
const { fact } = native.constants
export const REQUIRES_GRAD = fact.requires_grad
export const IS_LEAF = fact.is_leaf
export const IS_QUANTIZED = fact.is_quantized
export const RETAINS_GRAD = fact.retains_grad
export const IS_NESTED = fact.is_nested
export const SHARES_STORAGE = fact.shares_storage
