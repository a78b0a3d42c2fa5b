import { python_type_name, type_error } from '../../errors.js'
import { Tensor } from '../../tensor.js'

/** A tensor, or several: Python's tuple of tensors is an array here. */
export type Tensors = Tensor | readonly Tensor[]

/** A result for each of several tensors, or the one result of one. */
export type Like<T extends Tensors, R = Tensor> = T extends Tensor ? R : { -readonly [K in keyof T]: R }

/** Tensors as a list, and whether they were given as one. */
export interface Listed {
  many: boolean
  all: Tensor[]
}

/** Takes a tensor or several; what is neither is refused in PyTorch's words. */
export function list_tensors(given: unknown, argument: string, name: string): Listed {
  const must = `The ${argument} given to ${name} must be either a Tensor or a tuple of Tensors but the`
  const type = (value: unknown) => `<class '${python_type_name(value)}'>`
  if (Array.isArray(given)) {
    const bad = given.findIndex((item) => !(item instanceof Tensor))
    if (bad >= 0) throw type_error(`${must} value at index ${bad} has type ${type(given[bad])}.`, name)
    return { many: true, all: given as Tensor[] }
  }
  if (!(given instanceof Tensor)) throw type_error(`${must} given ${argument} has type ${type(given)}.`, name)
  return { many: false, all: [given] }
}

/** A list as it was given: one tensor alone where it was one. */
export const unlist = <R>(results: readonly R[], many: boolean): R | readonly R[] =>
  many ? results : results[0]!

/** A table of results, each of its two directions as it was given. */
export function untable(table: readonly (readonly Tensor[])[], rows: boolean, columns: boolean): unknown {
  return unlist(
    table.map((row) => unlist(row, columns)),
    rows,
  )
}
