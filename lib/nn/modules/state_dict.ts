import { inspect } from 'node:util'
import { without_grad } from '../../autograd/grad_mode.js'
import { dict_attribute, OrderedDict, set_dict_attribute } from '../../collections.js'
import { assertion_error, runtime_error, type_error } from '../../errors.js'
import { refuse_in_use } from '../../leases.js'
import { own_value } from '../../own.js'
import { is_error, is_map, is_plain_object } from '../../realm.js'
import { Tensor } from '../../tensor.js'
import { Parameter } from '../parameter.js'
import { py_repr, py_size, py_string } from '../repr.js'
import { is_lazy } from '../uninitialized.js'
import { INTERNALS, members_of } from './internals.js'
import { Module } from './module.js'
import type { LocalMetadata } from './module_hooks.js'
import { set_attribute, type_name } from './registration.js'

/** A module's state: tensors by name, in their order. */
export type StateDict = OrderedDict<Tensor> & { [key: string]: Tensor }

/** What `load_state_dict` takes: a {@link StateDict}, a plain object, or a Map. */
export type StateDictLike =
  | OrderedDict<Tensor>
  | ReadonlyMap<string, Tensor>
  | { readonly [key: string]: Tensor }

const EXTRA_STATE = '_extra_state'

type Metadata = OrderedDict<LocalMetadata>

/** The versions that `state_dict` notes, by a module's path; undefined where a dictionary has none. */
export function metadata_of(state_dict: object): Metadata | undefined {
  return dict_attribute(state_dict, '_metadata') as Metadata | undefined
}

/** Notes the versions on a dictionary, where they are no key. */
export function set_metadata(state_dict: object, metadata: Metadata): void {
  set_dict_attribute(state_dict, '_metadata', metadata)
}

export function save_to_state_dict(
  module: Module,
  destination: StateDict,
  prefix: string,
  keep_vars: boolean,
): void {
  const { parameters, buffers } = members_of(module)
  const persistent = buffers.filter(([name]) => module[INTERNALS].buffers.get(name))
  for (const [name, value] of [...parameters, ...persistent])
    if (value !== null) put(destination, prefix + name, keep_vars || is_lazy(value) ? value : value.detach())
  if (module.get_extra_state !== Module.prototype.get_extra_state)
    put(destination, prefix + EXTRA_STATE, module.get_extra_state() as Tensor)
}

// Through the class, because a name may be that of a method.
function put(dict: OrderedDict<Tensor>, key: string, value: Tensor): void {
  OrderedDict.prototype.set.call(dict, key, value)
}

export function state_dict(
  module: Module,
  options: { destination: StateDict | null; prefix: string; keep_vars: boolean },
): StateDict {
  const { prefix, keep_vars } = options
  const destination = options.destination ?? (new OrderedDict<Tensor>() as StateDict)
  if (options.destination === null) set_metadata(destination, new OrderedDict())
  const local_metadata: LocalMetadata = { version: module._version }
  metadata_of(destination)?.set(prefix.slice(0, -1), local_metadata)
  const hooks = module[INTERNALS].hooks
  for (const hook of hooks?.state_dict_pre.values() ?? []) hook(module, prefix, keep_vars)
  module._save_to_state_dict(destination, prefix, keep_vars)
  for (const [name, child] of members_of(module).modules)
    child?.state_dict({ destination, prefix: `${prefix}${name}.`, keep_vars })
  for (const hook of hooks?.state_dict_post.values() ?? []) {
    const result: unknown = hook(module, destination, prefix, local_metadata)
    if (result !== undefined && result !== null) throw runtime_error('state_dict post-hook must return None')
  }
  return destination
}

/** One module's part of loading. */
interface Loading {
  state_dict: StateDict
  prefix: string
  local_metadata: LocalMetadata
  strict: boolean
  missing_keys: string[]
  unexpected_keys: string[]
  error_msgs: string[]
}

function same_shape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i])
}

function load_one(module: Module, name: string, key: string, param: Tensor, loading: Loading): void {
  let input: unknown = own_value(loading.state_dict, key)
  if (!(input instanceof Tensor)) {
    loading.error_msgs.push(
      `While copying the parameter named "${key}", expected torch.Tensor or Tensor-like object from checkpoint but ` +
        `received ${type_name(input)}`,
    )
    return
  }
  if (is_lazy(param)) {
    copy_or_assign(module, name, key, param, input, loading)
    return
  }
  // Checkpoints from before scalars held them with one dimension.
  if (param.ndim === 0 && input.ndim === 1 && input.shape[0] === 1) input = input.select(0, 0)
  const value = input as Tensor
  if (!same_shape(value.shape, param.shape)) {
    loading.error_msgs.push(
      `size mismatch for ${key}: copying a param with shape ${py_size(value.shape)} from checkpoint, the shape in ` +
        `current model is ${py_size(param.shape)}.`,
    )
    return
  }
  copy_or_assign(module, name, key, param, value, loading)
}

function copy_or_assign(
  module: Module,
  name: string,
  key: string,
  param: Tensor,
  value: Tensor,
  loading: Loading,
): void {
  const assign = own_value(loading.local_metadata, 'assign_to_params_buffers') ?? false
  if (param.device.type === 'meta' && value.device.type !== 'meta' && !assign)
    process.emitWarning(
      `for ${key}: copying from a non-meta parameter in the checkpoint to a meta parameter in the current model, ` +
        'which is a no-op. (Did you mean to pass `assign: true` to assign items in the state dictionary to their ' +
        'corresponding key in the module instead of copying them in place?)',
    )
  try {
    without_grad(() => {
      if (assign) set_attribute(module, name, assigned(param, value))
      else param.copy_(value)
    })
  } catch (error) {
    loading.error_msgs.push(
      `While copying the parameter named "${key}", whose dimensions in the model are ${py_size(param.shape)} and ` +
        `whose dimensions in the checkpoint are ${py_size(value.shape)}, an exception occurred : ` +
        `(${py_string(is_error(error) ? error.message : String(error))},).`,
    )
  }
}

function assigned(param: Tensor, value: Tensor): Tensor {
  if (!(param instanceof Parameter)) return value
  if (!(value instanceof Parameter)) return new Parameter(value, param.requires_grad)
  value.requires_grad_(param.requires_grad)
  return value
}

export function load_from_state_dict(module: Module, loading: Loading): void {
  const { state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs } = loading
  for (const hook of module[INTERNALS].hooks?.load_state_dict_pre.values() ?? [])
    hook(module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
  const { parameters, buffers, modules } = members_of(module)
  const persistent = buffers.filter(([name]) => module[INTERNALS].buffers.get(name))
  const local = new Map(
    [...parameters, ...persistent].filter(([, value]) => value !== null) as [string, Tensor][],
  )
  for (const [name, param] of local) {
    const key = prefix + name
    if (Object.hasOwn(state_dict, key)) load_one(module, name, key, param, loading)
    else if (strict) missing_keys.push(key)
  }
  const extra_key = prefix + EXTRA_STATE
  const has_extra = Object.hasOwn(state_dict, extra_key)
  if (module.set_extra_state !== Module.prototype.set_extra_state) {
    if (has_extra) module.set_extra_state(state_dict[extra_key])
    else if (strict) missing_keys.push(extra_key)
  } else if (strict && has_extra) unexpected_keys.push(extra_key)
  if (!strict) return
  const children = new Set(modules.map(([name]) => name))
  for (const key of OrderedDict.prototype.keys.call(state_dict)) {
    if (!key.startsWith(prefix) || key === extra_key) continue
    const [name = '', ...rest] = key.slice(prefix.length).split('.')
    if (rest.length > 0 ? !children.has(name) : !local.has(name)) unexpected_keys.push(key)
  }
}

/** The names that `load_state_dict` did not find, and those that it had no place for: an array with names. */
export class IncompatibleKeys extends Array<string[]> {
  readonly missing_keys: string[]
  readonly unexpected_keys: string[]

  constructor(missing_keys: string[], unexpected_keys: string[]) {
    super(missing_keys, unexpected_keys)
    this.missing_keys = missing_keys
    this.unexpected_keys = unexpected_keys
  }

  // map and the like make plain arrays.
  static override get [Symbol.species](): ArrayConstructor {
    return Array
  }

  override toString(): string {
    if (this.missing_keys.length === 0 && this.unexpected_keys.length === 0)
      return '<All keys matched successfully>'
    return `IncompatibleKeys(missing_keys=${list(this.missing_keys)}, unexpected_keys=${list(this.unexpected_keys)})`
  }

  [inspect.custom](): string {
    return this.toString()
  }
}

function list(keys: readonly string[]): string {
  return `[${keys.map((key) => py_repr(key)).join(', ')}]`
}

function is_dict(value: unknown): value is StateDictLike {
  if (value === null || typeof value !== 'object') return false
  return is_map(value) || value instanceof OrderedDict || is_plain_object(value)
}

function load(
  module: Module,
  state_dict: StateDict,
  prefix: string,
  metadata: Metadata | undefined,
  all: Loading,
): void {
  const local_metadata = { ...metadata?.get(prefix.slice(0, -1)), ...all.local_metadata }
  const { missing_keys, unexpected_keys, error_msgs } = all
  module._load_from_state_dict(
    state_dict,
    prefix,
    local_metadata,
    true,
    missing_keys,
    unexpected_keys,
    error_msgs,
  )
  for (const [name, child] of members_of(module).modules) {
    if (child === null) continue
    const child_prefix = `${prefix}${name}.`
    const items = OrderedDict.prototype.items.call(state_dict) as [string, Tensor][]
    const child_dict = new OrderedDict(items.filter(([key]) => key.startsWith(child_prefix))) as StateDict
    load(child, child_dict, child_prefix, metadata, all)
  }
  const incompatible = new IncompatibleKeys(missing_keys, unexpected_keys)
  for (const hook of module[INTERNALS].hooks?.load_state_dict_post.values() ?? []) {
    const result: unknown = hook(module, incompatible)
    if (result !== undefined && result !== null)
      throw assertion_error(
        'Hooks registered with ``register_load_state_dict_post_hook`` are not expected to return new values, if ' +
          'incompatible_keys need to be modified, it should be done inplace.',
      )
  }
}

function quoted(keys: readonly string[]): string {
  return keys.map((key) => `"${key}"`).join(', ')
}

export function load_state_dict(
  module: Module,
  given: StateDictLike,
  strict: boolean,
  assign: boolean,
): IncompatibleKeys {
  if (!is_dict(given)) throw type_error(`Expected state_dict to be dict-like, got ${type_name(given)}.`)
  refuse_in_use('load_state_dict(): the module', [...module.parameters(), ...module.buffers()])
  const all: Loading = {
    state_dict: new OrderedDict(given as OrderedDict<Tensor>) as StateDict,
    prefix: '',
    local_metadata: assign ? { assign_to_params_buffers: true } : {},
    strict,
    missing_keys: [],
    unexpected_keys: [],
    error_msgs: [],
  }
  const metadata = metadata_of(given)
  if (metadata) set_metadata(all.state_dict, metadata)
  load(module, all.state_dict, '', metadata, all)
  const { missing_keys, unexpected_keys, error_msgs } = all
  if (strict && unexpected_keys.length > 0)
    error_msgs.unshift(`Unexpected key(s) in state_dict: ${quoted(unexpected_keys)}. `)
  if (strict && missing_keys.length > 0)
    error_msgs.unshift(`Missing key(s) in state_dict: ${quoted(missing_keys)}. `)
  if (error_msgs.length > 0)
    throw runtime_error(
      `Error(s) in loading state_dict for ${module.constructor.name}:\n\t${error_msgs.join('\n\t')}`,
    )
  return new IncompatibleKeys(missing_keys, unexpected_keys)
}
