// Types of arrays that are taken apart at once: `const [B, T, C] = x.shape`, `const [q, k, v] = qkv.chunk(3)`. With
// `noUncheckedIndexedAccess` an element of a plain array may be undefined; the first ones of these are there.

type First = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7

/** An array whose first elements are taken to be there. */
export type Several<T> = T[] & Readonly<Record<First, T>>

/** Sizes of dimensions. */
export type Shape = Several<number>
