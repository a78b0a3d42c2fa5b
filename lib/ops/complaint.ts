import { closest_name, make_error, type_name } from '../errors.js'
import type { Call, Mismatch } from './match.js'
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
    const name = p.name === 'self' ? 'input' : p.name
    parts.push(`${p.type} ${name}${p.required ? '' : ` = ${p.default_value === undefined || p.default_value === null ? 'None' : String(p.default_value)}`}`)
  })
  return `(${parts.join(', ')})`
}

const public_name = (parameter: Parameter): string => (parameter.name === 'self' ? 'input' : parameter.name)

/** The error of a call that no overload takes. */
export function complain(name: string, overloads: readonly Overload[], mismatches: readonly Mismatch[], call: Call): Error {
  const raise = (message: string): Error => make_error('TypeError', message, name)
  const known = overloads.flatMap((o) => [...o.places.keys(), ...(o.outputs.length > 0 ? ['out'] : []), ...(o.makes_tensors ? ['requires_grad'] : [])])
  const strangers = Object.keys(call.keywords ?? {}).filter((k) => mismatches.every((m) => m.unexpected === k))
  if (strangers.length > 0) {
    const closest = closest_name(strangers[0]!, new Set(known.map((k) => (k === 'self' ? 'input' : k))))
    return raise(
      `${name}() got an unexpected keyword argument '${strangers[0]}'${closest === undefined ? '' : `; did you mean '${closest}'?`}`,
    )
  }
  const furthest = Math.max(...mismatches.map((m) => m.reached))
  const best = mismatches.filter((m) => m.reached === furthest && m.too_many !== true)
  const wrong = best.filter((m) => m.parameter !== undefined)
  let first: string
  if (wrong.length > 0) {
    const { parameter, position, value } = wrong[0]!
    const expected = [...new Set(wrong.filter((m) => m.parameter!.name === parameter!.name).map((m) => m.parameter!.type))].join(' or ')
    const where = position === undefined ? '' : ` (position ${position + 1 - call.receiver})`
    const found = Array.isArray(value) && value.length > 0 && /^tuple of/.test(expected) ? `${show(value)} of ${show(value.find((v) => !(typeof v === 'number' && Number.isInteger(v))) ?? value[0])}` : show(value)
    const hint = typeof value === 'number' && !Number.isInteger(value) && /int/.test(expected) ? ` ${value}` : ''
    first = `${name}(): argument '${public_name(parameter!)}'${where} must be ${expected}, not ${found}${hint}`
  } else if (best.some((m) => m.missing !== undefined)) {
    const missing = best.find((m) => m.missing !== undefined)!.missing!.map((n) => (n === 'self' ? 'input' : n))
    first = `${name}() missing ${missing.length} required positional arguments: ${missing.map((n) => `"${n}"`).join(', ')}`
  } else if (best.some((m) => m.repeated !== undefined)) {
    first = `${name}() got multiple values for argument '${best.find((m) => m.repeated !== undefined)!.repeated}'`
  } else if (best.some((m) => m.unexpected !== undefined)) {
    const keyword = best.find((m) => m.unexpected !== undefined)!.unexpected!
    first = `${name}() got an unexpected keyword argument '${keyword}'`
  } else {
    const most = Math.max(...overloads.map((o) => o.positional)) - call.receiver
    const given = call.args.length - call.receiver
    first = `${name}() takes ${most} positional argument${most === 1 ? '' : 's'} but ${given} ${given === 1 ? 'was' : 'were'} given`
  }
  if (overloads.length === 1) return raise(first)
  const got = [...call.args.slice(call.receiver).map(show), ...Object.entries(call.keywords ?? {}).map(([k, v]) => `${k}=${show(v)}`)]
  const expected = overloads.map((o) => ` * ${signature(o)}`).join('\n')
  return raise(`${first}\n${name}() received an invalid combination of arguments - got (${got.join(', ')}), but expected one of:\n${expected}`)
}
