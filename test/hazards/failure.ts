import { expect } from 'vitest'

/** What a call throws; fails where it throws nothing. */
export function failure(call: () => unknown): Error & { operator?: string } {
  let result: unknown
  try {
    result = call()
  } catch (error) {
    return error as Error
  }
  throw new Error(`nothing was thrown; the result is ${String(result)}`)
}

/** Asserts an error's class, its first line, and that its stack begins in the calling file. */
export function refuses(
  file: string,
  call: () => unknown,
  kind: new (message: string) => Error,
  first_line: string,
): void {
  const error = failure(call)
  expect(error.message.split('\n')[0]).toBe(first_line)
  expect(error).toBeInstanceOf(kind)
  const top = error.stack?.split('\n').find((line) => /^ {4}at /.test(line))
  expect(top).toContain(file)
}
