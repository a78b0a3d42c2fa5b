import { type NativeParameter, type NativeSchema, native } from '../native.js'

/** A parameter of an operator. */
export type Parameter = NativeParameter

/** One overload of an operator, its schema read from LibTorch. */
export interface Overload extends NativeSchema {
  /** `aten::add` */
  name: string
  /** `Tensor`, or nothing for the default overload */
  overload: string
  /** `aten::add.Tensor` */
  full: string
  /** How many parameters may be given by position. */
  positional: number
  /** The place of each parameter by name. */
  places: Map<string, number>
  /** The parameters that out= fills. */
  outputs: number[]
  /** Whether requires_grad is taken though no schema has it: by what makes tensors out of nothing. */
  makes_tensors: boolean
}

const overloads = new Map<string, Overload>()

/** The overload `aten::add.Tensor`. Throws where this LibTorch has none such. */
export function overload_of(full: string): Overload {
  let found = overloads.get(full)
  if (found === undefined) {
    const [name, overload] = split_name(full)
    const schema = native.schema(name, overload)
    const parameters = schema.parameters
    const keyword_only = parameters.findIndex((p) => p.keyword_only)
    found = {
      ...schema,
      name,
      overload,
      full,
      positional: keyword_only < 0 ? parameters.length : keyword_only,
      places: new Map(parameters.map((p, i) => [p.name, i])),
      outputs: parameters.flatMap((p, i) => (p.written && p.keyword_only ? [i] : [])),
      makes_tensors: ['dtype', 'layout', 'device', 'pin_memory'].every((n) =>
        parameters.some((p) => p.name === n),
      ),
    }
    overloads.set(full, found)
  }
  return found
}

function split_name(full: string): [name: string, overload: string] {
  const dot = full.indexOf('.')
  return dot < 0 ? [full, ''] : [full.slice(0, dot), full.slice(dot + 1)]
}

let by_name: Map<string, string[]> | undefined

/** Every overload of `aten::add`, the default one first. */
export function overloads_named(name: string): string[] {
  if (by_name === undefined) {
    by_name = new Map()
    for (const full of native.operator_names()) {
      const [base, overload] = split_name(full)
      const list = by_name.get(base)
      if (list === undefined) by_name.set(base, [full])
      else if (overload === '') list.unshift(full)
      else list.push(full)
    }
  }
  return by_name.get(name) ?? []
}

/** Operators have come: names are looked up anew. */
export function forget_names(): void {
  by_name = undefined
}

/** An operator has gone, or is another one now. */
export function forget_overload(full: string): void {
  by_name = undefined
  overloads.delete(full)
}
