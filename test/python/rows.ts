import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import * as torch from 'typetorch'

export type PythonKind =
  | 'POSITIONAL_ONLY'
  | 'POSITIONAL_OR_KEYWORD'
  | 'VAR_POSITIONAL'
  | 'KEYWORD_ONLY'
  | 'VAR_KEYWORD'

/** One callable of PyTorch 2.13.0: its name under `torch`, and its parameters without `self`. */
export interface Row {
  name: string
  kind: 'function' | 'class' | 'method'
  params: [name: string, kind: PythonKind, required: boolean][]
}

/** The parameter lists that `inspect.signature` gives for what PyTorch writes in Python. */
export function python_signatures(): Row[] {
  const packed = readFileSync(new URL('signatures.jsonl.gz', import.meta.url))
  const rows = gunzipSync(packed).toString('utf8').trim().split('\n')
  return rows.map((line) => JSON.parse(line) as Row)
}

/** The names and patterns of docs/porting.md's table "Where a call's parameters differ", each with its reason. */
export function documented_differences(): { pattern: string; reason: string }[] {
  const page = readFileSync(new URL('../../docs/porting.md', import.meta.url), 'utf8')
  const [, part] = page.split("## Where a call's parameters differ")
  if (part === undefined) throw new Error('docs/porting.md has no part "Where a call\'s parameters differ"')
  const rows = part
    .split(/\n## /)[0]!
    .split('\n')
    .filter((line) => line.startsWith('| `'))
  return rows.flatMap((line) => {
    const [, names = '', reason = ''] = line.split('|').map((cell) => cell.trim())
    return [...names.matchAll(/`([^`]+)`/g)].map(([, pattern]) => ({ pattern: pattern!, reason }))
  })
}

/** Whether a name is one of a pattern's, where `*` stands for a part of a name. */
export function covers(pattern: string, name: string): boolean {
  const source = pattern.replace(/[.$^]/g, '\\$&').replaceAll('*', '[^.#]*')
  return new RegExp(`^${source}$`).test(name)
}

type Call = (...args: unknown[]) => unknown

// Made before any call changes a default.
const tensor = torch.ones([1])

function member(path: string): unknown {
  return path.split('.').reduce<unknown>((owner, key) => {
    if (owner === undefined || owner === null) return undefined
    return (owner as Record<string, unknown>)[key]
  }, torch)
}

/** A way to call what a row names, or undefined where typetorch has no such name. */
export function caller_of(row: Row): Call | undefined {
  const [path = '', method] = row.name.split('#')
  const found = member(path)
  if (typeof found !== 'function') return undefined
  if (method !== undefined) {
    const prototype = (found as { prototype?: object }).prototype
    const own: unknown = prototype && Reflect.get(prototype, method, receiver_of(found, prototype))
    if (typeof own !== 'function' || prototype === undefined) return undefined
    return (...args) => Reflect.apply(own, receiver_of(found, prototype), args)
  }
  if (row.kind === 'class' && /^class\b/.test(Function.prototype.toString.call(found)))
    return (...args) => Reflect.construct(found, args)
  return found as Call
}

// Arguments are bound before a method looks at its object, so that an empty one serves for most.
function receiver_of(found: unknown, prototype: object): object {
  if (found === torch.Tensor) return tensor
  // Hooks around an optimizer's `step` look at the optimizer first.
  if (prototype === torch.optim.Optimizer.prototype || prototype instanceof torch.optim.Optimizer)
    return new torch.optim.SGD([torch.ones([1], { requires_grad: true })])
  return Object.create(prototype) as object
}
