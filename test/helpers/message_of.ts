import * as torch from 'typetorch'
import { expect } from 'vitest'

/** The message of the RuntimeError that a call ends with, or `no error`. */
export async function message_of(call: () => unknown): Promise<string> {
  try {
    await call()
  } catch (error) {
    expect(error).toBeInstanceOf(torch.RuntimeError)
    return (error as Error).message
  }
  return 'no error'
}
