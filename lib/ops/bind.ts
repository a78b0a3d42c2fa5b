import { context, enter_context } from '../autograd/context.js'
import { link_hooks } from '../autograd/hooks.js'
import { Device } from '../device.js'
import { DType } from '../dtype.js'
import { Complex, FloatScalar } from '../scalar.js'
import { Tensor, wrap } from '../tensor.js'
import { complain } from './complaint.js'
import * as face from './generated/face.js'
import { is_options } from './keywords.js'
import { lower } from './lower.js'
import { type Call, type Match, match, type Mismatch } from './match.js'
import { finish, make_plan, type Plan, run } from './plan.js'
import { type Overload, overload_of } from './schema.js'

/** Any operator as a function. */
export type AnyFunction = (...args: never[]) => unknown

// What a value is, as far as choosing an overload goes; 0 for what is looked at anew at every call.
const TENSOR = 1, WHOLE = 2, FRACTION = 3, BOOLEAN = 4, BIGINT = 5, STRING = 6, NULL = 7, INTEGERS = 8, TENSORS = 9, DTYPE = 10, NUMBER = 11, DEVICE = 12

function tag_of(value: unknown): number {
  switch (typeof value) {
    case 'number':
      return Number.isInteger(value) ? WHOLE : FRACTION
    case 'object':
      break
    case 'boolean':
      return BOOLEAN
    case 'string':
      return STRING
    case 'bigint':
      return BIGINT
    default:
      return 0
  }
  if (value === null) return NULL
  if (value instanceof Tensor) return TENSOR
  if (Array.isArray(value)) {
    const first: unknown = value[0]
    if (typeof first === 'number') {
      for (let i = 0; i < value.length; i++) if (!Number.isInteger(value[i])) return 0
      return INTEGERS
    }
    if (first instanceof Tensor) {
      for (let i = 1; i < value.length; i++) if (!(value[i] instanceof Tensor)) return 0
      return TENSORS
    }
    return 0
  }
  if (value instanceof DType) return DTYPE
  if (value instanceof FloatScalar || value instanceof Complex) return NUMBER
  if (value instanceof Device) return DEVICE
  return 0
}

/** The overloads of one public name, and the calls seen so far. */
class Resolver {
  readonly plans = new Map<number, Plan>()
  private readonly keyword_plans = new Map<string, Plan>()
  private overloads: { overload: Overload; out: boolean; numbers: boolean }[] | undefined

  /** `facts`: "add.Tensor >add.out", what is tried in order; those after `>` only with out=. */
  constructor(
    readonly name: string,
    private readonly facts: string,
    private readonly namespace: string,
    private readonly receiver: 0 | 1,
  ) {}

  private all() {
    this.overloads ??= this.facts.split(' ').map((fact) => {
      const out = fact.startsWith('>')
      const aten = out ? fact.slice(1) : fact
      const numbers = face.numbers_as_tensors.has(aten.replace(/\..*/, ''))
      return { overload: overload_of(`${this.namespace}::${aten}`), out, numbers }
    })
    return this.overloads
  }

  /** The first overload that takes the call; throws where none does. */
  private resolve(call: Call): Plan {
    const out = call.keywords?.['out'] !== undefined && call.keywords['out'] !== null
    const candidates = this.all().filter((c) => c.out === out || (out && c.overload.outputs.length > 0))
    const tried = candidates.length > 0 ? candidates : this.all().filter((c) => !c.out)
    const mismatches: Mismatch[] = []
    for (const { overload, numbers } of tried) {
      const found: Match | Mismatch = match(overload, call, numbers)
      if ('slots' in found) return make_plan(overload, found)
      mismatches.push(found)
    }
    throw complain(this.name, tried.map((c) => c.overload), mismatches, call)
  }

  /** The plan of a call without keywords; `key` describes its arguments. */
  plan(key: number, args: readonly unknown[]): Plan {
    const plan = this.resolve({ args, keywords: null, receiver: this.receiver })
    if (key > 0) this.plans.set(key, plan)
    return plan
  }

  /** Any call: keywords, many arguments, values that are looked at anew each time. */
  call(args: readonly unknown[]): unknown {
    const last = args[args.length - 1]
    if (!is_options(last)) return run(this.plan(0, args), args, null)
    const positional = args.slice(0, -1)
    let key = ''
    for (const value of positional) {
      const tag = tag_of(value)
      if (tag === 0) return run(this.resolve({ args: positional, keywords: last, receiver: this.receiver }), positional, last)
      key += String.fromCharCode(64 + tag)
    }
    for (const keyword in last) {
      const tag = tag_of(last[keyword])
      if (tag === 0 || (keyword === 'out' && tag !== TENSOR)) {
        return run(this.resolve({ args: positional, keywords: last, receiver: this.receiver }), positional, last)
      }
      key += keyword + String.fromCharCode(64 + tag)
    }
    let plan = this.keyword_plans.get(key)
    if (plan === undefined) {
      plan = this.resolve({ args: positional, keywords: last, receiver: this.receiver })
      // A 0-d tensor given for a number is checked for its dimensions anew.
      if (plan.slots.every((slot, i) => tensor_where_tensor_is_meant(plan!, slot, i, positional, last))) this.keyword_plans.set(key, plan)
    }
    return run(plan, positional, last)
  }
}

function tensor_where_tensor_is_meant(plan: Plan, slot: unknown, i: number, args: readonly unknown[], keywords: Readonly<Record<string, unknown>>): boolean {
  const value = typeof slot === 'number' ? args[slot] : typeof slot === 'string' ? keywords[slot] : undefined
  return !(value instanceof Tensor) || plan.overload.parameters[i]!.kind === 'Tensor'
}

/** A direct call of up to five arguments: no array is made. */
function run_direct(plan: Plan, count: number, a: unknown, b: unknown, c: unknown, d: unknown, e: unknown): unknown {
  if (context.attention !== 0) enter_context()
  let raw: unknown
  switch (count) {
    case 0:
      raw = plan.call()
      break
    case 1:
      raw = plan.call(lower(a))
      break
    case 2:
      raw = plan.call(lower(a), lower(b))
      break
    case 3:
      raw = plan.call(lower(a), lower(b), lower(c))
      break
    case 4:
      raw = plan.call(lower(a), lower(b), lower(c), lower(d))
      break
    default:
      raw = plan.call(lower(a), lower(b), lower(c), lower(d), lower(e))
  }
  let result: unknown
  if (plan.single) result = wrap(raw as number)
  else if (plan.returns === 0) result = a
  else result = finish(plan, raw, (place) => [a, b, c, d, e][place])
  if (context.carriers !== 0) link_hooks(result, [a, b, c, d, e])
  return result
}

function call_resolver(resolver: Resolver, count: number, a: unknown, b: unknown, c: unknown, d: unknown, e: unknown): unknown {
  // Four bits an argument; 0 among them means that the call is looked at anew.
  let key = 1
  let tag: number
  if (count > 0) {
    if ((tag = tag_of(a)) === 0) return resolver.call([a, b, c, d, e].slice(0, count))
    key = (key << 4) | tag
  }
  if (count > 1) {
    if ((tag = tag_of(b)) === 0) return resolver.call([a, b, c, d, e].slice(0, count))
    key = (key << 4) | tag
  }
  if (count > 2) {
    if ((tag = tag_of(c)) === 0) return resolver.call([a, b, c, d, e].slice(0, count))
    key = (key << 4) | tag
  }
  if (count > 3) {
    if ((tag = tag_of(d)) === 0) return resolver.call([a, b, c, d, e].slice(0, count))
    key = (key << 4) | tag
  }
  if (count > 4) {
    if ((tag = tag_of(e)) === 0) return resolver.call([a, b, c, d, e].slice(0, count))
    key = (key << 4) | tag
  }
  let plan = resolver.plans.get(key)
  if (plan === undefined) {
    const args = [a, b, c, d, e].slice(0, count)
    plan = resolver.plan(0, args)
    const plain = plan.slots.every((slot, i) => typeof slot !== 'number' || !(args[slot] instanceof Tensor) || plan!.overload.parameters[i]!.kind === 'Tensor')
    if (!plan.direct || !plain || plan.slots.length < count) {
      // Kept where only the arguments' kinds decide; the slower road fills the slots.
      if (plain) resolver.plans.set(key, plan)
      return run(plan, args, null)
    }
    resolver.plans.set(key, plan)
  }
  if (plan.direct) return run_direct(plan, count, a, b, c, d, e)
  return run(plan, [a, b, c, d, e].slice(0, count), null)
}

/**
 * The public function of an operator, bound at its first call.
 *
 * @param name what errors call it
 * @param facts its overloads in the order they are tried
 * @param namespace the dispatcher's namespace
 */
export function bind_overloads(name: string, facts: string, namespace = 'aten'): (...args: unknown[]) => unknown {
  const resolver = new Resolver(name, facts, namespace, 0)
  const operator = function (a?: unknown, b?: unknown, c?: unknown, d?: unknown, e?: unknown): unknown {
    const count = arguments.length
    // biome-ignore lint/complexity/noArguments: a rest parameter would make an array at every call
    if (count > 5) return resolver.call([...arguments])
    return call_resolver(resolver, count, a, b, c, d, e)
  }
  Object.defineProperty(operator, 'name', { value: name })
  return operator
}

/** The method of an operator: its first argument is the tensor that it is called on. */
export function bind_method(name: string, facts: string): (this: Tensor, ...args: unknown[]) => unknown {
  const resolver = new Resolver(name, facts, 'aten', 1)
  const method = function (this: Tensor, a?: unknown, b?: unknown, c?: unknown, d?: unknown): unknown {
    const count = arguments.length
    // biome-ignore lint/complexity/noArguments: a rest parameter would make an array at every call
    if (count > 4) return resolver.call([this, ...arguments])
    return call_resolver(resolver, count + 1, this, a, b, c, d)
  }
  Object.defineProperty(method, 'name', { value: name })
  return method
}


type Namespace = 'torch' | 'nn' | 'linalg' | 'fft' | 'special' | 'sparse' | 'nested'

const faces: Record<Namespace, Readonly<Record<string, string>>> = {
  torch: face.torch_functions,
  nn: face.nn_functions,
  linalg: face.linalg_functions,
  fft: face.fft_functions,
  special: face.special_functions,
  sparse: face.sparse_functions,
  nested: face.nested_functions,
}

/** The public function of a name of the generated face; its type is what the declaration says. */
export function bind_function<T>(name: string, namespace: Namespace = 'torch'): T {
  return bind_overloads(name, faces[namespace][name]!) as T
}
