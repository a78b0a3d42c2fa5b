import { is_promise } from '../../callback.js'
import { items_of, type OrderedDict } from '../../collections.js'
import { attribute_error, runtime_error, type_error, value_error } from '../../errors.js'
import { is_options } from '../../ops/keywords.js'
import { has_member, set_own } from '../../own.js'
import type { Keywords } from '../../python/call_types.js'
import { keyword, of_objects, optional, required } from '../../python/parameters.js'
import { signature } from '../../python/signature.js'
import { is_map } from '../../realm.js'
import type { Tensor } from '../../tensor.js'
import { fields_of, swap_field } from '../modules/internals.js'
import type { Module } from '../modules/module.js'
import { DataParallel } from '../parallel/data_parallel.js'
import { py_string } from '../repr.js'
import { MODULE } from './expect_module.js'

/** Tensors by their path, such as a state dict. */
export type NamedTensors =
  | OrderedDict<Tensor>
  | ReadonlyMap<string, Tensor>
  | { readonly [name: string]: Tensor }

type Dictionaries = NamedTensors | readonly NamedTensors[]
type Kwargs = Record<string, unknown> | null

const CHOICES = [{ tie_weights: keyword(true) }, { strict: keyword(false) }] as const
const FUNCTIONAL_CALL = signature(
  'functional_call',
  MODULE,
  { parameter_and_buffer_dicts: of_objects(required<Dictionaries>()) },
  { args: optional<unknown>(null) },
  { kwargs: of_objects(optional<Kwargs>(null)) },
  ...CHOICES,
)

/** Keywords of {@link functional_call}. */
export type FunctionalCallOptions = Keywords<typeof CHOICES>

function own_names(module: Module): Map<string, Tensor> {
  const options = { remove_duplicate: false }
  return new Map<string, Tensor>([...module.named_parameters(options), ...module.named_buffers(options)])
}

// What is given for one name of a tensor counts for its other names.
function tied(own: Map<string, Tensor>, given: Map<string, Tensor>): Map<string, Tensor> {
  const names = new Map<Tensor, string[]>()
  for (const [name, tensor] of own) names.set(tensor, [...(names.get(tensor) ?? []), name])
  const all = new Map(given)
  for (const group of names.values()) {
    const values = group.filter((name) => given.has(name)).map((name) => given.get(name)!)
    if (group.length < 2 || values.length === 0) continue
    if (values.some((value) => value !== values[0]))
      throw value_error(
        `functional_call got multiple values for keys [${[...group].sort().map(py_string).join(', ')}], which are tied. ` +
          'Consider using tie_weights=False',
      )
    for (const name of group) all.set(name, values[0]!)
  }
  return all
}

function check(module: Module, own: Map<string, Tensor>, given: Map<string, Tensor>): void {
  const list = (names: string[]) => names.map(py_string).join(', ')
  const unexpected = [...given.keys()].filter((name) => !own.has(name))
  const missing = [...own.keys()].filter((name) => !given.has(name))
  const messages = [
    ...(unexpected.length > 0 ? [`Unexpected key(s): ${list(unexpected)}.`] : []),
    ...(missing.length > 0 ? [`Missing key(s): ${list(missing)}.`] : []),
  ]
  if (messages.length > 0)
    throw runtime_error(
      `Error(s) in reparametrizing for ${module.constructor.name}:\n\t${messages.join('\n\t')}`,
    )
}

function place_of(module: Module, path: string): [Module, string] {
  const dot = path.lastIndexOf('.')
  const parent = module.get_submodule(path.slice(0, Math.max(dot, 0)))
  const name = path.slice(dot + 1)
  if (!has_member(parent, name))
    throw attribute_error(`'${parent.constructor.name}' object has no attribute '${name}'`)
  return [parent, name]
}

/**
 * Calls a module with other parameters and buffers in the place of its own.
 *
 * @param module - the module, which is as before afterwards
 * @param parameter_and_buffer_dicts - tensors by name, or several such dictionaries, a later one counting more
 * @param args - the call's arguments in an array, or the only one
 * @param kwargs - the call's keywords
 * @param tie_weights - whether a tensor that the module has under several names is replaced under all of them.
 * Default: true
 * @param strict - whether all must be given, and nothing else. Default: false
 * @returns what the call returns
 * @throws RuntimeError for names that do not fit with `strict`; ValueError for different values of one tensor's names; TypeError
 *   for a module whose `forward` is asynchronous
 *
 * @example
 * ```ts
 * const output = torch.func.functional_call(model, { weight: torch.zeros(3, 3) }, [x])
 * ```
 *
 * @see torch/_functorch/functional_call.py, torch/nn/utils/stateless.py
 */
export function functional_call<M extends Module>(
  module: M,
  parameter_and_buffer_dicts: Dictionaries,
  options: { args?: unknown; kwargs?: Kwargs } & FunctionalCallOptions,
): ReturnType<M['forward']>
export function functional_call<M extends Module>(
  module: M,
  parameter_and_buffer_dicts: Dictionaries,
  args?: unknown,
  kwargs?: Kwargs,
  options?: FunctionalCallOptions,
): ReturnType<M['forward']>
export function functional_call(...given_args: unknown[]): unknown {
  const [module, parameter_and_buffer_dicts, args, kwargs, tie_weights, strict] =
    FUNCTIONAL_CALL.bind(given_args)
  if (module instanceof DataParallel)
    throw runtime_error("The stateless API can't be used with nn.DataParallel module")
  const dicts = (
    Array.isArray(parameter_and_buffer_dicts) ? parameter_and_buffer_dicts : [parameter_and_buffer_dicts]
  ) as NamedTensors[]
  const given = new Map<string, Tensor>()
  for (const dict of dicts)
    for (const [name, tensor] of items_of<Tensor>(dict as never)) given.set(name, tensor)
  const own = own_names(module)
  const used = tie_weights ? tied(own, given) : given
  if (strict) check(module, own, used)
  const places = [...used].map(([path, tensor]) => ({ path, tensor, place: place_of(module, path) }))
  const before = places.map(({ place: [parent, name] }) => fields_of(parent)[name])
  const positional: readonly unknown[] = args === null ? [] : Array.isArray(args) ? args : [args]
  const call = module as unknown as (...args: unknown[]) => unknown
  try {
    for (const { tensor, place } of places) swap_field(...place, tensor)
    const result = call(...positional, ...(kwargs !== null && Object.keys(kwargs).length > 0 ? [kwargs] : []))
    if (!is_promise(result)) return result
    result.then(undefined, () => {})
    throw type_error(
      `functional_call(): the forward of ${module.constructor.name} returned a Promise: after its first await it would go on ` +
        "with the module's own parameters. Make it synchronous, or load the parameters into a copy of the module",
      'functional_call',
    )
  } finally {
    places.forEach(({ path, tensor, place: [parent, name] }, i) => {
      const after = fields_of(parent)[name] as Tensor
      swap_field(parent, name, before[i])
      if (after !== tensor) write_back(dicts, path, after)
    })
  }
}

// A buffer that the call replaced is handed back in the dictionary that it came from.
function write_back(dicts: readonly NamedTensors[], path: string, value: Tensor): void {
  for (const dict of dicts) {
    if (is_map(dict)) {
      if (dict.has(path)) (dict as Map<string, Tensor>).set(path, value)
    } else if (Object.hasOwn(dict, path)) {
      if (is_options(dict)) set_own(dict, path, value)
      else (dict as OrderedDict<Tensor>).set(path, value)
    }
  }
}
