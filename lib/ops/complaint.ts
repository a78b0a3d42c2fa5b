import { make_error, type_name } from '../errors.js'
import { multiple_values, too_many_positionals, unexpected_keyword } from '../python/words.js'
import { type Call, fits, type Mismatch } from './match.js'
import type { Overload, Parameter } from './schema.js'

// A call that fits no overload: the words of PyTorch's argument parser, with the argument named.

function show(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  return type_name(value)
}

function signature(overload: Overload): string {
  const parts: string[] = []
  overload.parameters.forEach((p, i) => {
    if (i === overload.positional) parts.push('*')
    parts.push(
      `${p.type} ${public_name(p)}${p.required ? '' : ` = ${p.default_value === undefined || p.default_value === null ? 'None' : String(p.default_value)}`}`,
    )
  })
  return `(${parts.join(', ')})`
}

// PyTorch calls the tensor `input`, and keeps `self` for a list or a number in its place.
const public_name = (parameter: Parameter): string =>
  parameter.name === 'self' && parameter.kind === 'Tensor' ? 'input' : parameter.name

const public_names = (names: readonly string[]): string[] => [
  ...new Set(names.map((name) => (name === 'self' ? 'input' : name))),
]

const type_of = (overloads: readonly Overload[], name: string): string =>
  [...new Set(overloads.flatMap((o) => o.parameters.filter((p) => p.name === name).map((p) => p.type)))].join(
    ' or ',
  )

/** "not string", or which element of a list is of a wrong type. */
function found(parameter: Parameter, value: unknown): string {
  const number =
    typeof value === 'number' && !Number.isInteger(value) && /int/.test(parameter.type) ? ` ${value}` : ''
  if (!Array.isArray(value) || !parameter.kind.endsWith('[]')) return `not ${show(value)}${number}`
  const element = {
    ...parameter,
    kind: parameter.kind.slice(0, -2).replace('?', ''),
    nullable: parameter.kind.endsWith('?[]'),
  }
  const place = value.findIndex((item) => !fits(element, item, false))
  if (place < 0) return `not ${show(value)}`
  const item: unknown = value[place]
  return `but found element of type ${show(item)}${typeof item === 'number' ? ` (${item})` : ''} at pos ${place}`
}

/** The error of a call that no overload takes. */
export function complain(
  name: string,
  overloads: readonly Overload[],
  mismatches: readonly Mismatch[],
  call: Call,
): Error {
  const raise = (message: string): Error => make_error('TypeError', message, name)
  const known = overloads.flatMap((o) => [
    ...o.places.keys(),
    ...(o.outputs.length > 0 ? ['out'] : []),
    ...(o.makes_tensors ? ['requires_grad'] : []),
  ])
  const strangers = Object.keys(call.keywords ?? {}).filter((k) =>
    mismatches.every((m) => m.unexpected === k),
  )
  if (strangers.length > 0) {
    return raise(unexpected_keyword(name, strangers[0]!, public_names(known)))
  }
  const furthest = Math.max(...mismatches.map((m) => m.reached))
  const best = mismatches.filter((m) => m.reached === furthest && m.too_many !== true)
  const wrong = best.filter((m) => m.parameter !== undefined)
  const missing = best.find((m) => m.missing !== undefined)?.missing
  const keywords = Object.keys(call.keywords ?? {})
  let first: string
  if (wrong.length > 0) {
    const { parameter, position, value } = wrong[0]!
    const expected = [
      ...new Set(wrong.filter((m) => m.parameter!.name === parameter!.name).map((m) => m.parameter!.type)),
    ].join(' or ')
    const where = position === undefined ? '' : ` (position ${position + 1 - call.receiver})`
    first = `${name}(): argument '${public_name(parameter!)}'${where} must be ${expected}, ${found(parameter!, value)}`
  } else if (missing !== undefined && call.keywords !== null && keywords.length === 0) {
    // An empty object is what a tensor of another thread arrives as.
    const place = call.args.length + 1 - call.receiver
    first = `${name}(): argument '${missing[0] === 'self' ? 'input' : missing[0]}' (position ${place}) must be ${type_of(overloads, missing[0]!)}, not Object (a tensor that was posted from another thread arrives as an empty object)`
  } else if (missing !== undefined) {
    const names = missing.map((n) => (n === 'self' ? 'input' : n))
    first = `${name}() missing ${names.length} required positional arguments: ${names.map((n) => `"${n}"`).join(', ')}`
  } else if (best.some((m) => m.repeated !== undefined)) {
    first = multiple_values(name, best.find((m) => m.repeated !== undefined)!.repeated!)
  } else if (best.some((m) => m.unexpected !== undefined)) {
    const keyword = best.find((m) => m.unexpected !== undefined)!.unexpected!
    first = unexpected_keyword(name, keyword, public_names(known))
  } else {
    const most = Math.max(...overloads.map((o) => o.positional)) - call.receiver
    const given = call.args.length - call.receiver
    first = too_many_positionals(name, most, 0, given)
  }
  if (overloads.length === 1) return raise(first)
  const got = [
    ...call.args.slice(call.receiver).map(show),
    ...Object.entries(call.keywords ?? {}).map(([k, v]) => `${k}=${show(v)}`),
  ]
  const expected = overloads.map((o) => ` * ${signature(o)}`).join('\n')
  return raise(
    `${first}\n${name}() received an invalid combination of arguments - got (${got.join(', ')}), but expected one of:\n${expected}`,
  )
}
