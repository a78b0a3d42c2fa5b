import { inspect } from 'node:util'
import { stack_of } from '../../../call_stack.js'
import type { Channel } from '../../../multiprocessing/hand_over.js'
import type { Importable } from '../../../multiprocessing/importable.js'
import { type Packed, pack, unpack } from '../../../multiprocessing/reductions.js'
import { own_value } from '../../../own.js'
import { is_error } from '../../../realm.js'
import {
  type ClassName,
  classes_of,
  type ErrorClass,
  exported_class,
  known_class,
  settle_module,
} from './error_classes.js'

type Value =
  | { kind: 'error'; place: number }
  | { kind: 'list'; values: Value[] }
  | { kind: 'packed'; packed: Packed }
  /** What cannot be sent, as it is printed. */
  | { kind: 'text'; text: string }

interface ForwardedError {
  classes: ClassName[]
  name: string
  message: string
  stack: string
  fields: [name: string, enumerable: boolean, value: Value][]
}

/** What was thrown, as it crosses to another thread: an error with those that it holds, or any other value. */
export interface Forwarded {
  errors: ForwardedError[]
  thrown: Value
  /** The address of the user's module, which may export the classes. */
  worker_module: string | null
}

const DERIVED = new Set(['message', 'stack'])

class Forwarding {
  readonly errors: ForwardedError[] = []
  readonly #places = new Map<object, number>()

  constructor(readonly channel: Channel) {}

  value(value: unknown): Value {
    if (is_error(value)) return { kind: 'error', place: this.#error(value) }
    if (Array.isArray(value) && value.some(is_error))
      return { kind: 'list', values: value.map((item) => this.value(item)) }
    try {
      const packed = pack(value, this.channel)
      // What cannot be posted is refused here, not where the answer is.
      structuredClone(packed)
      return { kind: 'packed', packed }
    } catch {
      return { kind: 'text', text: inspect(value) }
    }
  }

  #error(error: Error): number {
    const known = this.#places.get(error)
    if (known !== undefined) return known
    const place = this.errors.length
    this.#places.set(error, place)
    const { name, message } = error
    const forwarded: ForwardedError = {
      classes: classes_of(error),
      name: String(name),
      message: String(message),
      stack: stack_of(error),
      fields: [],
    }
    this.errors.push(forwarded)
    for (const key of Object.getOwnPropertyNames(error)) {
      if (DERIVED.has(key)) continue
      const { enumerable } = Object.getOwnPropertyDescriptor(error, key)!
      forwarded.fields.push([
        key,
        enumerable!,
        this.value(own_value(error as unknown as Record<string, unknown>, key)),
      ])
    }
    return place
  }
}

/** Makes what was thrown ready for another thread. */
export function forward_error(thrown: unknown, channel: Channel, worker_module: string | null): Forwarded {
  const forwarding = new Forwarding(channel)
  const value = forwarding.value(thrown)
  return { errors: forwarding.errors, thrown: value, worker_module }
}

/** Makes an error of a class without calling its constructor, whose arguments nobody knows. */
function make(type: ErrorClass, { name, message }: ForwardedError): Error {
  // A DOMException's name and text are in slots that its constructor fills.
  if (type === DOMException) return new DOMException(message, name)
  const made: Error = Reflect.construct(Error, [message], type)
  return made
}

// A field is read once: its tensors are taken out of the channel.
const unpacked = new WeakMap<Value, unknown>()

class Revival {
  readonly #made: Error[] = []
  /** Whether the class of an error was not found. */
  is_incomplete = false

  constructor(readonly forwarded: Forwarded) {}

  value(value: Value): unknown {
    if (value.kind === 'error') return this.error(value.place)
    if (value.kind === 'list') return value.values.map((item) => this.value(item))
    if (value.kind === 'text') return value.text
    if (!unpacked.has(value)) unpacked.set(value, this.#unpack(value.packed))
    return unpacked.get(value)
  }

  #unpack(packed: Packed): unknown {
    try {
      return unpack(packed, ({ name }: Importable): never => {
        throw new Error(`an instance of ${name}, which does not come back from another thread`)
      })
    } catch (refusal) {
      return (refusal as Error).message
    }
  }

  /** The nearest of an error's classes that is known here. */
  class_of({ classes }: ForwardedError): ErrorClass {
    for (const what of classes) {
      const found = known_class(what) ?? exported_class(what, this.forwarded.worker_module)
      if (found !== undefined) return found
      this.is_incomplete = true
    }
    return Error
  }

  error(place: number): Error {
    const known = this.#made[place]
    if (known !== undefined) return known
    const forwarded = this.forwarded.errors[place]!
    const error = make(this.class_of(forwarded), forwarded)
    this.#made[place] = error
    this.fill(error, forwarded, DERIVED)
    error.stack = forwarded.stack
    return error
  }

  /** Gives an error the fields that it had there. */
  fill(error: Error, forwarded: ForwardedError, without: ReadonlySet<string>): void {
    for (const [key, enumerable, value] of forwarded.fields) {
      if (without.has(key)) continue
      Object.defineProperty(error, key, {
        value: this.value(value),
        enumerable,
        writable: true,
        configurable: true,
      })
    }
    // The class that gave it was not found.
    if (error.name !== forwarded.name)
      Object.defineProperty(error, 'name', { value: forwarded.name, writable: true, configurable: true })
  }
}

/** What Python would call the class: its own name where it has one, else its class's. */
function shown_name({ name, classes }: ForwardedError): string {
  const own = classes[0]?.name
  const is_base = classes.slice(1).some((base) => base.name === name)
  return own !== undefined && is_base && own !== 'NodeError' ? own : name
}

const CAUGHT = new Set([...DERIVED, 'cause'])

type Make = (revival: Revival) => unknown

// Errors whose class was not found, with how they are made again once the user's module is there.
const incomplete = new WeakMap<object, { forwarded: Forwarded; again: Make }>()

function revive(forwarded: Forwarded, again: Make): unknown {
  const revival = new Revival(forwarded)
  const made = again(revival)
  if (revival.is_incomplete && typeof made === 'object' && made !== null)
    incomplete.set(made, { forwarded, again })
  return made
}

/**
 * The same error once the module that may export its class has been imported: what can wait throws that one.
 */
export async function with_class(error: unknown): Promise<unknown> {
  const found = typeof error === 'object' && error !== null ? incomplete.get(error) : undefined
  if (found === undefined || found.forwarded.worker_module === null) return error
  await settle_module(found.forwarded.worker_module)
  return revive(found.forwarded, found.again)
}

/** What another thread threw, as if it had been thrown here: an error's class, text, stack, cause and own fields. */
export function same_error(forwarded: Forwarded): unknown {
  return revive(forwarded, (revival) => revival.value(forwarded.thrown))
}

/**
 * What a worker threw. An error is of its own class where that is JavaScript's, PyTorch's or one that `worker_module`
 * exports, else of the nearest class that is; it has its own fields, and the error by itself, with its stack, as `cause`.
 * What is no error comes as it is.
 *
 * @param where completes "Caught X …"
 */
export function revive_error(forwarded: Forwarded, where: string): unknown {
  const { thrown } = forwarded
  return revive(forwarded, (revival) => {
    if (thrown.kind !== 'error') return revival.value(thrown)
    const cause = revival.error(thrown.place)
    const own = forwarded.errors[thrown.place]!
    const stack = [own.stack, ...causes_of(cause)].join('\n[cause]: ')
    const message = `Caught ${shown_name(own)} ${where}.\nOriginal stack:\n${stack}`
    const error = make(revival.class_of(own), { ...own, message })
    revival.fill(error, own, CAUGHT)
    Object.defineProperty(error, 'cause', { value: cause, writable: true, configurable: true })
    return error
  })
}

/** The stacks of an error's causes. */
function causes_of(error: Error): string[] {
  const stacks: string[] = []
  const seen = new Set<unknown>([error])
  for (let { cause } = error; is_error(cause) && !seen.has(cause); cause = cause.cause) {
    seen.add(cause)
    stacks.push(stack_of(cause))
  }
  return stacks
}
