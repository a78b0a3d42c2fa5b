import { find_operator } from '../call.js'
import type { Case } from '../folder.js'
import { is_about_memory, with_shared_memory } from '../overlap.js'
import { type Bytes, revive, revive_keywords } from '../values.js'

/** Whether what was thrown is of the class that Python raised. */
function is_of_class(error: Error, expected: string): boolean {
  if (expected === 'IndexError') return error instanceof RangeError
  if (expected === 'TypeError') return error instanceof TypeError
  return error.name === expected
}

/** The cases that are refused only with memory shared between their tensors, which is not recorded. */
export const with_memory_shared = new Set<string>()

/** A bad call: the class and the first line of what is thrown. */
export function run_error(recorded: Case, memory: Bytes): string | null {
  const op = String(recorded['op'])
  const operator = find_operator(op, String(recorded['variant'] ?? ''))
  if (operator === undefined) return `there is no ${op}`
  const make = () => ({
    args: revive(recorded['args']!, memory) as unknown[],
    keywords: revive_keywords(recorded['kwargs'], memory),
  })
  const { args, keywords } = make()
  const wrong = complaint_of(() => operator(args, keywords), recorded)
  const message = String(recorded['message'])
  if (wrong === null || !is_about_memory(message)) return wrong
  for (const call of with_shared_memory(message, make)) {
    if (complaint_of(() => operator(call.args, call.keywords), recorded) !== null) continue
    with_memory_shared.add(`${op} ${recorded['sample']}`)
    return null
  }
  return wrong
}

/** What is wrong with how a call is refused. */
function complaint_of(run: () => unknown, recorded: Case): string | null {
  const expected = String(recorded['error'])
  const message = String(recorded['message'])
  let thrown: unknown
  try {
    run()
    return `nothing was thrown, expected ${expected}: ${message}`
  } catch (error) {
    thrown = error
  }
  if (!(thrown instanceof Error)) return `threw ${String(thrown)}, which is no Error`
  const first = thrown.message.split('\n')[0]!
  if (!is_of_class(thrown, expected))
    return `threw ${thrown.name} (${first}), expected ${expected}: ${message}`
  if (recorded['parser'] === true) return says_what_is_wrong(String(recorded['op']), first, message)
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
