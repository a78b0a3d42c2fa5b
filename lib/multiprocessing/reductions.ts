import { types } from 'node:util'
import { OrderedDict } from '../collections.js'
import { Device, device_of } from '../device.js'
import { DType, dtype_of_code } from '../dtype.js'
import { type_error, type_name } from '../errors.js'
import { Generator } from '../generator.js'
import { own_attributes } from '../identity.js'
import { native } from '../native.js'
import { fields_of, INTERNALS, set_field } from '../nn/modules/internals.js'
import { Module } from '../nn/modules/module.js'
import { Buffer as ModuleBuffer, Parameter } from '../nn/parameter.js'
import { LOWERED } from '../ops/lowered.js'
import { assign_own, member, own_value, set_own } from '../own.js'
import { is_error, is_map, is_plain_object, is_set, is_url } from '../realm.js'
import { adopt, Tensor } from '../tensor.js'
import { type Channel, type HandedTensor, hand_over, take_over } from './hand_over.js'
import type { Importable } from './importable.js'

// What Python's pickle does between processes, here between threads: tensors go by hand_over, objects by their class's
// name and their fields, functions by their name. The rest is the structured clone's.

/** A place among the nodes of a message. */
interface Place {
  place: number
}

type TensorNode = readonly ['tensor', HandedTensor, 'Tensor' | 'Parameter' | 'Buffer', persistent: boolean]

type Node =
  | TensorNode
  | readonly ['clone', unknown]
  | readonly ['list', unknown[]]
  | readonly ['object', [string, unknown][]]
  | readonly ['dict', [string, unknown][]]
  | readonly ['map', [unknown, unknown][]]
  | readonly ['set', unknown[]]
  | readonly ['dtype', number]
  | readonly ['device', string]
  | readonly ['url', string]
  | readonly ['generator', string, unknown]
  | readonly ['importable', Importable]
  | readonly [
      'module',
      Importable,
      fields: [string, unknown][],
      buffers: [string, boolean][],
      empty: [string, 'parameter' | 'module'][],
    ]
  | readonly ['instance', Importable, state: unknown, restore: boolean]

/** A value that can be posted to another thread. */
export interface Packed {
  root: unknown
  nodes: Node[]
  channel: Channel
}

/** Finds a class or a function by its name. */
export type Finder = (what: Importable) => unknown

const is_cloneable = (value: object): boolean =>
  types.isDate(value) || types.isRegExp(value) || types.isAnyArrayBuffer(value) || is_error(value)
const is_homeless = (value: object): boolean =>
  types.isPromise(value) ||
  types.isWeakMap(value) ||
  types.isWeakSet(value) ||
  Object.prototype.toString.call(value) === '[object WeakRef]'

/** What a class or a function is found by elsewhere. */
function importable(value: { readonly name: string }, what: string): Importable {
  if (value.name === '') {
    throw type_error(
      `${what} cannot be sent to a worker thread: it has no name. Export it from a module, and give the module as worker_module`,
    )
  }
  return { name: value.name, source: String(value) }
}

class Packer {
  readonly nodes: Node[] = []
  readonly #places = new Map<object, Place>()

  constructor(
    readonly channel: Channel,
    readonly whole: boolean,
  ) {}

  pack(value: unknown): unknown {
    if (typeof value === 'symbol') throw type_error('a symbol cannot be sent to a worker thread')
    if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return value
    const known = this.#places.get(value)
    if (known !== undefined) return known
    const place = { place: this.nodes.length }
    this.#places.set(value, place)
    this.nodes.push(['clone', null])
    this.nodes[place.place] = this.#node(value)
    return place
  }

  #pairs(entries: Iterable<[string, unknown]>): [string, unknown][] {
    return Array.from(entries, ([key, item]) => [key, this.pack(item)])
  }

  #node(value: object): Node {
    if (value instanceof Tensor) return this.#tensor(value)
    if (typeof value === 'function') {
      if (value instanceof Module) return this.#module(value)
      return ['importable', importable(value, 'a function')]
    }
    if (Array.isArray(value)) {
      return value.every((item) => typeof item !== 'object' && typeof item !== 'function')
        ? ['clone', [...value]]
        : ['list', value.map((item) => this.pack(item))]
    }
    if (ArrayBuffer.isView(value) || is_cloneable(value)) return ['clone', value]
    if (value instanceof OrderedDict)
      return ['dict', this.#pairs(OrderedDict.prototype.items.call(value) as [string, unknown][])]
    if (is_map(value))
      return [
        'map',
        Array.from(value, ([key, item]): [unknown, unknown] => [this.pack(key), this.pack(item)]),
      ]
    if (is_set(value)) return ['set', Array.from(value, (item) => this.pack(item))]
    if (value instanceof DType) return ['dtype', value[LOWERED]]
    if (value instanceof Device) return ['device', String(value)]
    if (is_url(value)) return ['url', value.href]
    if (value instanceof Generator) return ['generator', String(value.device), this.pack(value.get_state())]
    if (is_plain_object(value)) return ['object', this.#pairs(Object.entries(value))]
    if (is_homeless(value)) throw type_error(`a ${type_name(value)} cannot be sent to a worker thread`)
    return this.#instance(value)
  }

  #tensor(value: Tensor): Node {
    const kind =
      value instanceof Parameter ? 'Parameter' : value instanceof ModuleBuffer ? 'Buffer' : 'Tensor'
    const persistent = !(value instanceof ModuleBuffer) || value.persistent
    return ['tensor', hand_over(value, this.channel, this.whole), kind, persistent]
  }

  #module(value: Module): Node {
    const { order, buffers, empty, hooks } = value[INTERNALS]
    const refuse = (why: string) =>
      type_error(`a ${value.constructor.name} cannot be sent to a worker thread: ${why}`)
    if (hooks?.any_of_all) throw refuse('it has hooks, which are functions of this thread')
    // What is not enumerable is kept for speed alone, and made again.
    if (
      Object.getOwnPropertySymbols(value).some(
        (symbol) => symbol !== INTERNALS && Object.prototype.propertyIsEnumerable.call(value, symbol),
      )
    )
      throw refuse('it has fields that have no names')
    const fields = fields_of(value)
    return [
      'module',
      importable(value.constructor, 'a module'),
      order.keys(value).map((name): [string, unknown] => [name, this.pack(own_value(fields, name))]),
      [...buffers],
      [...empty],
    ]
  }

  #instance(value: object): Node {
    const __getstate__ = member(value as { __getstate__?: () => unknown }, '__getstate__')
    const own = typeof __getstate__ === 'function'
    const state = own ? this.pack(__getstate__.call(value)) : this.#pairs(own_attributes(value))
    return ['instance', importable(value.constructor, 'an instance of a class'), state, own]
  }
}

/**
 * A value for another thread; its tensors wait in the channel.
 *
 * @param whole whether they are the tensors themselves, with gradients and pasts, as a call of our own needs them
 */
export function pack(value: unknown, channel: Channel, whole = false): Packed {
  const packer = new Packer(channel, whole)
  const root = packer.pack(value)
  return { root, nodes: packer.nodes, channel }
}

/** Takes the tensors of a message that nobody wants any more out of their channel. */
export function discard({ nodes, channel }: Packed): void {
  for (const node of nodes) if (node[0] === 'tensor') take_over(node[1], channel).dispose()
}

/**
 * The value that was packed on another thread.
 *
 * @param packed what arrived
 * @param find finds classes and functions
 * @param note is shown each tensor
 */
export function unpack(
  { root, nodes, channel }: Packed,
  find: Finder,
  note: (tensor: Tensor) => void = () => {},
): unknown {
  const made: unknown[] = []
  const is_made: boolean[] = []
  /** Notes an object before its parts are made: they may refer to it. */
  const begin = <T>(place: number, value: T): T => {
    made[place] = value
    is_made[place] = true
    return value
  }
  const assign = (target: object, entries: [string, unknown][]) => {
    for (const [key, item] of entries) set_own(target, key, value_of(item))
    return target
  }
  const value_of = (item: unknown): unknown => {
    if (typeof item !== 'object' || item === null) return item
    const { place } = item as Place
    return is_made[place] ? made[place] : begin(place, build(place, nodes[place]!))
  }
  const build = (place: number, node: Node): unknown => {
    switch (node[0]) {
      case 'clone':
        return node[1]
      case 'list': {
        const list: unknown[] = begin(place, [])
        for (const item of node[1]) list.push(value_of(item))
        return list
      }
      case 'object':
        return assign(begin(place, {}), node[1])
      case 'dict': {
        const dict = begin(place, new OrderedDict<unknown>())
        for (const [key, item] of node[1]) OrderedDict.prototype.set.call(dict, key, value_of(item))
        return dict
      }
      case 'map': {
        const map = begin(place, new Map<unknown, unknown>())
        for (const [key, item] of node[1]) map.set(value_of(key), value_of(item))
        return map
      }
      case 'set': {
        const set = begin(place, new Set<unknown>())
        for (const item of node[1]) set.add(value_of(item))
        return set
      }
      case 'tensor': {
        const tensor = revive(node, channel)
        note(tensor)
        return tensor
      }
      case 'module': {
        const type = find(node[1]) as new () => Module
        const module = begin(place, Reflect.construct(Module, [], type) as Module)
        for (const [name, item] of node[2]) set_field(module, name, value_of(item))
        for (const [name, persistent] of node[3]) module[INTERNALS].buffers.set(name, persistent)
        for (const [name, kind] of node[4]) module[INTERNALS].empty.set(name, kind)
        return module
      }
      case 'dtype':
        return dtype_of_code(node[1])
      case 'device':
        return device_of(node[1])
      case 'url':
        return new URL(node[1])
      case 'generator': {
        const generator = new Generator(node[1])
        generator.set_state(value_of(node[2]) as Tensor)
        return generator
      }
      case 'importable':
        return find(node[1])
      case 'instance': {
        const found = find(node[1]) as { prototype: object; __revive__?: (state: unknown) => unknown }
        // A class with private fields makes its own instance.
        const revive_own = member(found, '__revive__')
        if (node[3] && typeof revive_own === 'function') return revive_own.call(found, value_of(node[2]))
        const instance = begin(place, Object.create(found.prototype) as object)
        if (!node[3]) return assign(instance, node[2] as [string, unknown][])
        const state = value_of(node[2])
        const set_state = member(instance as { __setstate__?: (state: unknown) => void }, '__setstate__')
        if (typeof set_state === 'function') set_state.call(instance, state)
        else assign_own(instance, state as object)
        return instance
      }
    }
  }
  return value_of(root)
}

function revive([, handed, kind, persistent]: TensorNode, channel: Channel): Tensor {
  if (!handed.whole) {
    const tensor = take_over(handed, channel)
    if (kind === 'Parameter') return new Parameter(tensor.detach(), tensor.requires_grad)
    return kind === 'Buffer' ? new ModuleBuffer(tensor, { persistent }) : tensor
  }
  // A constructor would make another tensor over the same memory.
  const same = Reflect.construct(
    Tensor,
    [adopt, native.adopt_tensor(channel, handed.parcel)],
    { Tensor, Parameter, Buffer: ModuleBuffer }[kind],
  ) as Tensor
  if (kind === 'Buffer') Object.defineProperty(same, 'persistent', { value: persistent, enumerable: true })
  return same
}
