// Python's `from math import e, inf, nan, pi`, as torch has them.

/** The ratio of a circle's circumference to its diameter. */
export const pi = Math.PI
/** The base of the natural logarithm. */
export const e = Math.E
/** Infinity. */
export const inf = Number.POSITIVE_INFINITY
/** Not a number. */
export const nan = Number.NaN
/** A new dimension, in an index. */
export const newaxis = null
