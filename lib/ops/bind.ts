import { own_value } from '../own.js'
import type { Tensor } from '../tensor.js'
import * as face from './generated/face.js'
import { Resolver } from './resolver.js'

/**
 * The public function of an operator, bound at its first call.
 *
 * @param name what errors call it
 * @param facts its overloads in the order they are tried
 * @param namespace the dispatcher's namespace
 */
export function bind_overloads(
  name: string,
  facts: string,
  namespace = 'aten',
): (...args: unknown[]) => unknown {
  const resolver = new Resolver(name, facts, namespace, 0)
  const operator = function (a?: unknown, b?: unknown, c?: unknown, d?: unknown, e?: unknown): unknown {
    // biome-ignore lint/complexity/noArguments: a rest parameter would make an array at every call
    const count = arguments.length
    // biome-ignore lint/complexity/noArguments: a rest parameter would make an array at every call
    if (count > 5) return resolver.call_list([...arguments])
    return resolver.call(count, a, b, c, d, e)
  }
  Object.defineProperty(operator, 'name', { value: name })
  return operator
}

/** The method of an operator: its first argument is the tensor that it is called on. */
export function bind_method(name: string, facts: string): (this: Tensor, ...args: unknown[]) => unknown {
  const resolver = new Resolver(name, facts, 'aten', 1)
  const method = function (this: Tensor, a?: unknown, b?: unknown, c?: unknown, d?: unknown): unknown {
    // biome-ignore lint/complexity/noArguments: a rest parameter would make an array at every call
    const count = arguments.length
    // biome-ignore lint/complexity/noArguments: a rest parameter would make an array at every call
    if (count > 4) return resolver.call_list([this, ...arguments])
    return resolver.call(count + 1, this, a, b, c, d)
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
  return bind_overloads(name, own_value(faces[namespace], name)!) as T
}
