import { context, enter_context } from '../autograd/context.js'
import { link_hooks } from '../autograd/hooks.js'
import { memory } from '../memory.js'
import { native } from '../native.js'
import { has_own, own_value } from '../own.js'
import { handle_of, raw_handle, wrap, wrap_or_null } from '../tensor.js'
import { begin_lists, lay_handles, lay_list } from './lists.js'
import { lower, lower_device } from './lower.js'
import { number_of, type Slot } from './match.js'
import type { Plan } from './plan.js'
import { finish } from './results.js'
import * as tags from './tags.js'
import { DEVICE, NUMBER, NUMBERS, TENSOR_LIST } from './ways.js'

// V8 calls a function of the addon five times as fast where the place of the call only ever calls that one. So a
// plan that is used often gets a function of its own, written for its arguments' kinds.

/**
 * Makes a plan's call; arguments beyond those that the plan was made for are not looked at. More than `MOST_LETTERS`
 * arguments by position come as a list, in the place of `a`.
 */
export type Invoke = (
  a: unknown,
  b: unknown,
  c: unknown,
  d: unknown,
  e: unknown,
  keywords: unknown,
) => unknown

const LETTERS = ['a', 'b', 'c', 'd', 'e']

/** How many arguments by position a compiled plan takes one by one. */
export const MOST_LETTERS = LETTERS.length

/** What the text of a compiled plan may name. */
const known = {
  context,
  enter_context,
  link_hooks,
  memory,
  native,
  handle_of,
  raw_handle,
  wrap,
  wrap_or_null,
  begin_lists,
  lay_list,
  lay_handles,
  lower,
  lower_device,
  number_of,
  finish,
}

/** Node's --disallow-code-generation-from-strings: plans are then run as they are. */
let allowed = true

/** The function of a plan, for calls whose values are of the same kinds as these; undefined where there can be none. */
export function compile(
  plan: Plan,
  args: readonly unknown[],
  keywords: Readonly<Record<string, unknown>> | null,
): Invoke | undefined {
  if (!allowed) return undefined
  const text = write(plan, args, keywords)
  const names = Object.keys(known)
  try {
    const make = new Function('plan', 'call', ...names, text) as (...values: unknown[]) => Invoke
    return make(plan, plan.call, ...Object.values(known))
  } catch (error) {
    if ((error as Error).name !== 'EvalError') throw error
    allowed = false
    return undefined
  }
}

function write(
  plan: Plan,
  args: readonly unknown[],
  keywords: Readonly<Record<string, unknown>> | null,
): string {
  const { slots, ways, overload } = plan
  const letters = args.length > MOST_LETTERS ? args.map((_, i) => `a[${i}]`) : LETTERS.slice(0, args.length)
  const place_text = (slot: Slot): string => {
    if (slot === undefined) return 'undefined'
    if (typeof slot === 'number') return letters[slot]!
    if (typeof slot === 'string') return `keywords[${JSON.stringify(slot)}]`
    if (has_own(slot, 'from')) return `[${letters.slice(slot.from).join(', ')}]`
    return `keywords.out[${slot.output}]`
  }
  const value_of = (slot: Slot): unknown => {
    if (typeof slot === 'number') return args[slot]
    if (typeof slot === 'string') return own_value(keywords!, slot)
    if (slot !== undefined && has_own(slot, 'from')) return args.slice(slot.from)
    return undefined
  }
  const crossing = slots.map((slot, i) =>
    cross(place_text(slot), slot, ways[i]!, tags.tag_of(value_of(slot))),
  )
  const everything = [...letters, ...Object.keys(keywords ?? {}).map(place_text)]
  const lines = ['if (context.attention !== 0) enter_context()']
  if (plan.lists) lines.push('begin_lists()')
  lines.push(
    `const raw = call(${crossing.join(', ')})`,
    `const result = ${result_text(plan, slots.map(place_text))}`,
  )
  lines.push(`if (context.carriers !== 0) link_hooks(result, [${everything.join(', ')}])`)
  if (overload.makes_tensors && keywords !== null && Object.hasOwn(keywords, 'requires_grad'))
    lines.push('if (keywords.requires_grad === true) native.set_requires_grad(handle_of(result), true)')
  lines.push('return result')
  return `'use strict'
const { names } = plan
return function (a, b, c, d, e, keywords) {
  ${lines.join('\n  ')}
}`
}

/** What crosses in a value's place, given its kind. */
function cross(text: string, slot: Slot, way: number, tag: number): string {
  if (slot === undefined) return text
  if (way === DEVICE) return tag === tags.NULL ? text : `lower_device(${text})`
  if (way === NUMBERS && (tag === tags.INTEGERS || (typeof slot === 'object' && has_own(slot, 'from'))))
    return `lay_list(${text})`
  if (way === TENSOR_LIST && tag === tags.TENSORS) return `lay_handles(${text})`
  if ((way === NUMBER || way === NUMBERS) && tag === tags.TENSOR) return `number_of(${text})`
  switch (tag) {
    case tags.TENSOR:
      return `raw_handle(${text})`
    case tags.WHOLE:
    case tags.FRACTION:
    case tags.BOOLEAN:
    case tags.BIGINT:
    case tags.STRING:
    case tags.NULL:
      return text
    default:
      return `lower(${text})`
  }
}

function result_text(plan: Plan, places: readonly string[]): string {
  if (plan.single) return 'wrap(raw)'
  if (plan.several > 0) return several_text(plan)
  if (plan.returns >= 0) return places[plan.returns]!
  return `finish(plan, raw, (place) => [${places.join(', ')}][place])`
}

// The handles are all read before the first is wrapped, which may collect.
function several_text(plan: Plan): string {
  const each = Array.from({ length: plan.several }, (_, i) => i)
  const array = `[${each.map((i) => `wrap_or_null(h${i})`).join(', ')}]`
  return `(() => {
    const { flags } = memory
    ${each.map((i) => `const h${i} = flags[${i + 1}]`).join('\n    ')}
    return ${plan.names === undefined ? array : `Object.setPrototypeOf(${array}, names)`}
  })()`
}
