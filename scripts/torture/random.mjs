/** Numbers from 0 to 1, the same for the same seed: xorshift, in whole numbers of 32 bits. */
export function random_numbers(seed) {
  let state = (seed * 2654435761 + 88172645) >>> 0 || 1
  return () => {
    state ^= state << 13
    state >>>= 0
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state / 2 ** 32
  }
}
