import { frames_above } from './call_stack.js'
import { type_error, type_name } from './errors.js'
import { flush } from './memory.js'
import { type Handle, native } from './native.js'
import { own_value } from './own.js'
import { is_map, is_plain_object, is_set } from './realm.js'
import { release, Tensor, track } from './tensor.js'

// A scope holds the tensors made inside it and frees all at its end but those that are returned, kept, or stored
// where they outlive a step (parameters, buffers, gradients, optimizer state, module fields: these call keep()).

interface Scope {
  name: string
  made: Set<Tensor>
  /** Objects that were called or made inside, whose fields are looked through at the end. */
  owners: Set<object>
  outer: Scope | undefined
}

let current: Scope | undefined

/** Whether a scope is open, which then takes care of the tensor. */
export function scope_takes(tensor: Tensor): boolean {
  if (current === undefined) return false
  current.made.add(tensor)
  return true
}

/** The tensors that open scopes hold. */
export function scope_tensors(): Tensor[] {
  const all: Tensor[] = []
  for (let scope = current; scope !== undefined; scope = scope.outer) all.push(...scope.made)
  return all
}

/** A module that ran inside the scope: tensors in its fields are not freed. */
export function scope_owner(owner: object): void {
  current?.owners.add(owner)
}

/**
 * Says that a tensor outlives the scope that it was made in.
 *
 * @param value a tensor, or arrays and plain objects of tensors
 * @returns the same value
 */
export function keep<T>(value: T): T {
  if (current !== undefined) each_tensor(value, (tensor) => leave(tensor, undefined))
  return value
}

function leave(tensor: Tensor, to: Scope | undefined): void {
  for (let scope = current; scope !== undefined && scope !== to; scope = scope.outer) {
    if (scope.made.delete(tensor)) {
      if (to === undefined) track(tensor)
      else to.made.add(tensor)
      return
    }
  }
}

function each_tensor(value: unknown, each: (tensor: Tensor) => void, depth = 0): void {
  if (value instanceof Tensor) {
    each(value)
    return
  }
  if (typeof value !== 'object' || value === null || depth > 8) return
  if (Array.isArray(value) || is_set(value)) for (const item of value) each_tensor(item, each, depth + 1)
  else if (is_map(value)) for (const item of value.values()) each_tensor(item, each, depth + 1)
  else if (is_plain_object(value))
    for (const key of Object.keys(value))
      each_tensor(own_value(value as Record<string, unknown>, key), each, depth + 1)
}

/** Frees what the scope still holds; `result` and what modules hold stays. */
function close(scope: Scope, result: unknown): void {
  const outer = scope.outer
  each_tensor(result, (tensor) => leave(tensor, outer))
  for (const owner of scope.owners) {
    for (const key of Object.keys(owner)) {
      each_tensor(own_value(owner as Record<string, unknown>, key), (tensor) => leave(tensor, undefined))
    }
  }
  current = outer
  flush()
  for (const tensor of scope.made) {
    const handle: Handle = release(tensor, scope.name)
    if (handle > 0) native.dispose(handle)
  }
}

/**
 * Runs a synchronous callback and frees every tensor made inside it but those that it returns or passes to
 * {@link keep}. Never needed for correctness: memory is bounded without it.
 *
 * @param callback its value is returned; tensors in it (also in arrays and plain objects) stay
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * const y = torch.scope(() => torch.ones(3).add(1).mul(2)) // the two tensors between are freed here
 * ```
 */
export function scope<T>(callback: () => T): T {
  if (typeof callback !== 'function')
    throw type_error(`scope(): argument 'callback' must be function, not ${type_name(callback)}`, 'scope')
  const line = /\(?([^\s(]+:\d+:\d+)\)?$/.exec(frames_above(scope, 1)[0] ?? '')?.[1]
  const own: Scope = {
    name: `torch.scope${line === undefined ? '' : ` at ${line}`}`,
    made: new Set(),
    owners: new Set(),
    outer: current,
  }
  current = own
  let result: T
  try {
    result = callback()
  } catch (error) {
    close(own, undefined)
    throw error
  }
  close(own, result)
  if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function') {
    // What follows in the callback may use tensors that are freed by now; nobody else is told.
    ;(result as unknown as PromiseLike<unknown>).then(undefined, () => undefined)
    throw type_error(
      "scope(): argument 'callback' must be a synchronous function, not one that returns a Promise",
      'scope',
    )
  }
  return result
}

/**
 * Runs a synchronous callback and shows the tensors that were made inside it, in their order, before they are freed.
 *
 * @param inspect - gets them; what it returns is returned
 */
export function inspect_made<R>(callback: () => unknown, inspect: (made: Tensor[]) => R): R {
  return scope(() => {
    callback()
    return inspect([...current!.made])
  })
}
