import { InvalidArgumentError } from 'commander'

/** Reads an option's text as a whole number of at least `least`. */
export function whole(least) {
  return (text) => {
    const value = Number(text)
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < least)
      throw new InvalidArgumentError(`expected a whole number of at least ${least}`)
    return value
  }
}
