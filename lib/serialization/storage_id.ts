import type { DType } from '../dtype.js'
import { runtime_error } from '../errors.js'
import { StorageType } from './found.js'

/** A storage as a pickle refers to it. */
export interface StorageId {
  dtype: DType
  untyped: boolean
  key: string | number
  saved_on: string
  /** Bytes. */
  length: number
  /** Of the first versions of PyTorch: null, or (key of a part, offset, elements). */
  part: unknown
}

/** Reads ('storage', class, key, where it was, number of elements, null or a part). */
export function storage_id([, kind, key, saved_on, count, part]: readonly unknown[]): StorageId {
  if (
    !(kind instanceof StorageType) ||
    !is_count(count) ||
    (typeof key !== 'string' && typeof key !== 'number') ||
    typeof saved_on !== 'string'
  )
    throw runtime_error('a storage is described in a way that is not known')
  const { dtype, untyped } = kind
  return { dtype, untyped, key, saved_on, length: count * dtype.itemsize, part }
}

export function is_count(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
