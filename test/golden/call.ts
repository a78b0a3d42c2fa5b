import * as torch from 'typetorch'
import { adapters, seeded } from './adapters.js'
import { with_keywords } from './values.js'

type Callable = (...args: unknown[]) => unknown

/** What stands under a dotted path, or undefined. */
export function look_up(root: unknown, path: string): unknown {
  let found: unknown = root
  for (const name of path.split('.')) {
    if ((typeof found !== 'object' && typeof found !== 'function') || found === null) return undefined
    found = (found as Record<string, unknown>)[name]
  }
  return found
}

function method_or_attribute(name: string): Callable | undefined {
  for (const wanted of [name, `${name}_`]) {
    const property = Object.getOwnPropertyDescriptor(torch.Tensor.prototype, wanted)
    if (property === undefined) continue
    return (self, ...rest) => {
      if (property.get !== undefined) return property.get.call(self)
      return (property.value as Callable).apply(self, rest)
    }
  }
  return undefined
}

function private_operator(name: string): Callable | undefined {
  const { aten } = torch.ops
  try {
    return aten![name] as Callable | undefined
  } catch {
    return undefined
  }
}

/** How an operator is called: with positional arguments and keywords. */
export function find_operator(
  op: string,
  variant: string,
): ((args: unknown[], keywords: Record<string, unknown>) => unknown) | undefined {
  const adapted = adapters[`${op}|${variant}`] ?? adapters[op]
  if (adapted !== undefined) return adapted
  const path = op.replace(/^torch\./, '')
  // Python's torch also has the private operators; here they are reached through torch.ops.
  const found = look_up(torch, path) ?? (path.startsWith('_') ? private_operator(path) : undefined)
  const callable = typeof found === 'function' ? (found as Callable) : method_or_attribute(path)
  return callable && ((args, keywords) => callable(...with_keywords(args, keywords)))
}

/** OpInfo seeds some random operators itself, whatever the case says. */
export function seed_for(op: string, seed: number): number {
  return seeded.has(op) ? 42 : seed
}
