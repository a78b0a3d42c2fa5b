import { add_indent } from '../repr.js'
import { members_of } from './internals.js'
import type { Module } from './module.js'

/** The text that Python prints for a module: its name, what `extra_repr` says, and its children, indented. */
export function module_repr(module: Module): string {
  const extra = module.extra_repr()
  const extra_lines = extra ? extra.split('\n') : []
  const child_lines = members_of(module).modules.map(
    ([name, child]) => `(${name}): ${child === null ? 'None' : add_indent(child.__repr__(), 2)}`,
  )
  return wrap_lines(module.constructor.name, extra_lines, child_lines)
}

/** `Name(one line)`, or a line for each item between `Name(` and `)`. */
export function wrap_lines(
  name: string,
  extra_lines: readonly string[],
  child_lines: readonly string[],
): string {
  const lines = [...extra_lines, ...child_lines]
  if (lines.length === 0) return `${name}()`
  if (extra_lines.length === 1 && child_lines.length === 0) return `${name}(${extra_lines[0]})`
  return `${name}(\n  ${lines.join('\n  ')}\n)`
}
