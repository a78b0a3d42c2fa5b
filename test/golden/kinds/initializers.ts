import * as torch from 'typetorch'
import { compare_tensor } from '../compare.js'
import type { Case } from '../folder.js'
import { type Bytes, type RecordedTensor, revive_keywords, with_keywords } from '../values.js'

/** nn.init's functions on an empty tensor. */
export function run_initializer(recorded: Case, memory: Bytes): string | null {
  const name = String(recorded['initializer'])
  const initialize = (
    torch.nn.init as unknown as Record<string, ((...args: unknown[]) => unknown) | undefined>
  )[name]
  if (initialize === undefined) return `there is no nn.init.${name}`
  const tensor = torch.empty(recorded['shape'] as number[])
  const keywords = revive_keywords(recorded['kwargs'], memory)
  torch.manual_seed(Number(recorded['seed']))
  const expected = recorded['error']
  try {
    initialize(...with_keywords([tensor], keywords))
  } catch (error) {
    if (expected === undefined || !(error instanceof Error)) throw error
    if (error.name !== expected) return `threw ${error.name} (${error.message}), expected ${String(expected)}`
    const first = error.message.split('\n')[0]
    return first === recorded['message'] ? null : `said '${first}', expected '${String(recorded['message'])}'`
  }
  if (expected !== undefined) return `nothing was thrown, expected ${String(expected)}`
  const value = (recorded['value'] as never as { t: RecordedTensor }).t
  return compare_tensor(tensor, value, memory)
}
