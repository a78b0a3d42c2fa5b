import { runtime_error, type_error } from '../../errors.js'
import { methods } from '../../python/methods.js'
import { optional } from '../../python/parameters.js'
import { signature } from '../../python/signature.js'
import { Tensor } from '../../tensor.js'
import { Parameter } from '../parameter.js'
import { ASSIGN, DELETED, delete_field, fields_of } from './internals.js'
import { Module } from './module.js'
import { set_attribute, type_name } from './registration.js'
import { is_place } from './sequential.js'
import { absolute_index, type Int, type Slice, slice_places } from './utils.js'

/** A line of a container of parameters: `(0): Parameter containing: [torch.float32 of size 10x10]`. */
export function describe_entry(
  name: string | number,
  value: unknown,
  kind: (tensor: Tensor) => string,
): string {
  if (!(value instanceof Tensor)) return `  (${name}): Object of type: ${type_name(value)}`
  const device = value.device.type === 'cuda' ? ` (${String(value.device)})` : ''
  const what = value instanceof Parameter ? 'Parameter' : 'Tensor'
  return `  (${name}): ${what} containing: [${kind(value)} of size ${value.shape.join('x')}${device}]`
}

const SIZE: unique symbol = Symbol('size')

function no_deletion(place: string | number): Error {
  return type_error(
    `'ParameterList' object doesn't support item deletion: use pop(${place}), which moves the rest`,
  )
}

/** A tensor becomes a parameter; anything else stays what it is. */
export function as_entry(value: unknown): unknown {
  return value instanceof Tensor && !(value instanceof Parameter) ? new Parameter(value) : value
}

const PARAMETER_LIST = signature('ParameterList', { values: optional<Iterable<unknown> | null>(null) })

/**
 * A list whose tensors are parameters of the module. Other values may stand in it too.
 *
 * @param values - what to begin with
 *
 * @example
 * ```ts
 * const params = new nn.ParameterList(Array.from({ length: 10 }, () => torch.randn(10, 10)))
 * ```
 *
 * @see torch/nn/modules/container.py
 */
export class ParameterList<V = Parameter> extends Module implements Iterable<V> {
  /** @internal */
  declare [SIZE]: number

  constructor(values?: Iterable<V | Tensor> | null)
  constructor(options: { values?: Iterable<V | Tensor> | null })
  constructor(...args: unknown[]) {
    super()
    const { values } = PARAMETER_LIST.take(args, new.target.name)
    Object.defineProperty(this, SIZE, { value: 0, writable: true })
    if (values !== null) this.extend(values as Iterable<V>)
  }

  /** As Python's `list[0] = value`. @internal */
  [ASSIGN](name: string, value: unknown): boolean {
    if (!is_place(name)) return false
    this.set_at(Number(name), value as V)
    return true
  }

  /** @internal */
  [DELETED](names: readonly string[]): () => void {
    const place = names.find((name) => is_place(name) && Number(name) < this[SIZE])
    if (place !== undefined) throw no_deletion(place)
    return () => undefined
  }

  /** How many entries there are. */
  override get length(): number {
    return this[SIZE]
  }

  /** The entry at a place (a negative one counts from the end), or the list at a slice such as `'1:3'`. */
  at(index: Int): V
  at(index: Slice): ParameterList<V>
  at(index: Int | string): V | ParameterList<V> {
    if (typeof index !== 'string') {
      const place = absolute_index(index, this[SIZE])
      if (!Object.hasOwn(this, place)) throw no_deletion(place)
      return fields_of(this)[place] as V
    }
    const values = slice_places(index, this[SIZE]).map((place) => this.at(place))
    return new (this.constructor as new (values: V[]) => ParameterList<V>)(values)
  }

  /** Puts a value in the place of another; a Tensor becomes a Parameter. */
  set_at(index: Int, value: V | Tensor): void {
    set_attribute(this, String(absolute_index(index, this[SIZE])), as_entry(value))
  }

  /** Adds a value at the end; a Tensor becomes a Parameter. */
  append(value: V | Tensor): this {
    this[SIZE] += 1
    this.set_at(this[SIZE] - 1, value)
    return this
  }

  /** Adds values at the end. */
  extend(values: Iterable<V | Tensor>): this {
    if (
      values instanceof Tensor ||
      typeof (values as { [Symbol.iterator]?: unknown })?.[Symbol.iterator] !== 'function'
    )
      throw type_error(`ParameterList.extend should be called with an iterable, but got ${type_name(values)}`)
    for (const value of [...values]) this.append(value)
    return this
  }

  /** Removes the last entry, or the one at a place, and returns it. */
  pop(index: Int = -1): V {
    const place = absolute_index(index, this[SIZE])
    const value = this.at(place)
    const later = [...this].slice(place + 1)
    for (let i = place; i < this[SIZE]; i++) delete_field(this, String(i))
    this[SIZE] = place
    this.extend(later)
    return value
  }

  override forward(..._args: never[]): never {
    throw runtime_error('ParameterList should not be called.')
  }

  /** The entries in their order. */
  *[Symbol.iterator](): Generator<V, void, undefined> {
    for (let place = 0; place < this[SIZE]; place++) yield this.at(place)
  }

  override extra_repr(): string {
    return [...this].map((value, place) => describe_entry(place, value, (t) => String(t.dtype))).join('\n')
  }

  static {
    methods(ParameterList, { append: 'value{}', extend: 'values', pop: 'index?', extra_repr: '' })
  }
}
