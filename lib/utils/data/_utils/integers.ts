const INTEGERS = Symbol('integers')

/**
 * Marks a sample's places that hold Python's ints, such as labels: JavaScript's numbers do not tell, and
 * {@link default_collate} would make floats of them.
 */
export function with_integers<T extends unknown[]>(sample: T, ...places: number[]): T {
  return Object.defineProperty(sample, INTEGERS, { value: places })
}

/** True where all samples hold whole numbers at a place, and each was made by {@link with_integers}. */
export function are_integers(batch: readonly (readonly unknown[])[], place: number): boolean {
  return batch.every(
    (sample) =>
      (sample as { [INTEGERS]?: number[] })[INTEGERS]?.includes(place) && Number.isInteger(sample[place]),
  )
}
