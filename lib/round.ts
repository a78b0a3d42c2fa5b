/** A number rounded as Python's `round` does, halves to the even. */
export function round_half_even(value: number): number {
  const down = Math.floor(value)
  const rest = value - down
  return rest > 0.5 || (rest === 0.5 && down % 2 !== 0) ? down + 1 : down
}
