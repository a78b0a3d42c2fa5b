import { find_operator } from '../call.js'
import type { Case } from '../folder.js'
import { type Bytes, revive, revive_keywords } from '../values.js'

/** Whether what was thrown is of the class that Python raised. */
function is_of_class(error: Error, expected: string): boolean {
  if (expected === 'IndexError') return error instanceof RangeError
  if (expected === 'TypeError') return error instanceof TypeError
  return error.name === expected
}

/** A bad call: the class and the first line of what is thrown. */
export function run_error(recorded: Case, memory: Bytes): string | null {
  const op = String(recorded['op'])
  const operator = find_operator(op, String(recorded['variant'] ?? ''))
  if (operator === undefined) return `there is no ${op}`
  const args = revive(recorded['args']!, memory) as unknown[]
  const keywords = revive_keywords(recorded['kwargs'], memory)
  const expected = String(recorded['error'])
  const message = String(recorded['message'])
  let thrown: unknown
  try {
    operator(args, keywords)
    return `nothing was thrown, expected ${expected}: ${message}`
  } catch (error) {
    thrown = error
  }
  if (!(thrown instanceof Error)) return `threw ${String(thrown)}, which is no Error`
  const first = thrown.message.split('\n')[0]!
  if (!is_of_class(thrown, expected))
    return `threw ${thrown.name} (${first}), expected ${expected}: ${message}`
  if (recorded['parser'] === true) return says_what_is_wrong(op, first, message)
  return first === message ? null : `said '${first}', expected '${message}'`
}

/** Python's parser's own words differ; the operator must be named, and the argument where Python names it. */
function says_what_is_wrong(op: string, first: string, message: string): string | null {
  const name = op
    .split('.')
    .at(-1)!
    .replace(/^__r?(\w+)__$/, '$1')
  if (!first.includes(name)) return `said '${first}', which does not name ${name}`
  const argument = /argument '(\w+)'/.exec(message)?.[1]
  const named =
    argument === undefined ? /argument|input|self|other/.test(first) : first.includes(`'${argument}'`)
  return named ? null : `said '${first}', which does not name the argument ${argument ?? ''} (${message})`
}
