import { expect_string } from '../../expect.js'
import { bool } from '../../python/checks.js'
import { methods } from '../../python/methods.js'
import { keyword, of_objects, optional, required, variadic } from '../../python/parameters.js'
import { type AnyCall, signature } from '../../python/signature.js'
import type { Module } from './module.js'
import { ModuleDevices } from './module_devices.js'
import type { LocalMetadata } from './module_hooks.js'
import * as registration from './registration.js'
import {
  type IncompatibleKeys,
  load_from_state_dict,
  load_state_dict,
  type StateDict,
  type StateDictLike,
  save_to_state_dict,
  state_dict,
} from './state_dict.js'

// Nothing but modules is made of it.
const self_of = (module: ModuleState): Module => module as Module

const STATE_DICT = signature(
  'state_dict',
  { args: variadic<unknown>() },
  { destination: keyword<StateDict | null>(null) },
  { prefix: keyword<string>('', expect_string) },
  { keep_vars: keyword(false, bool) },
)

const LOAD_STATE_DICT = signature(
  'load_state_dict',
  { state_dict: of_objects(required<StateDictLike>()) },
  { strict: optional(true, bool) },
  { assign: optional(false, bool) },
)

/** A module's state by name: how it is given, and how it is taken. */
export abstract class ModuleState extends ModuleDevices {
  /** The version that `state_dict` notes for this class, for classes whose state has changed its form. */
  get _version(): number {
    return 1
  }

  /** Further state for `state_dict`; to be overridden together with {@link set_extra_state}. */
  get_extra_state(): unknown {
    throw registration.unreachable('get_extra_state')
  }

  /** Takes what {@link get_extra_state} gave. */
  set_extra_state(_state: unknown): void {
    throw registration.unreachable('set_extra_state')
  }

  /** Adds this module's own state, not its children's, to a dictionary. */
  _save_to_state_dict(destination: StateDict, prefix: string, keep_vars: boolean): void {
    save_to_state_dict(self_of(this), destination, prefix, keep_vars)
  }

  /**
   * The whole state of the module by name: parameters and persistent buffers, detached, sharing their memory. Positional
   * arguments are deprecated: the destination, the prefix and `keep_vars`.
   *
   * @param destination - a dictionary to add to. Default: a new one
   * @param prefix - what all names begin with. Default: `''`
   * @param keep_vars - the parameters themselves, not detached. Default: false
   *
   * @example
   * ```ts
   * torch.save(model.state_dict(), 'model.pt')
   * ```
   */
  state_dict(...args: AnyCall<typeof STATE_DICT>): StateDict {
    const given = STATE_DICT.take(args)
    const [destination, prefix, keep_vars] = given.args
    if (given.args.length > 0)
      process.emitWarning('Positional args are being deprecated, use kwargs instead.', 'FutureWarning')
    return state_dict(self_of(this), {
      destination: given.destination ?? (destination as StateDict | undefined) ?? null,
      prefix: given.prefix === '' && prefix !== undefined ? (prefix as string) : given.prefix,
      keep_vars: given.keep_vars || Boolean(keep_vars),
    })
  }

  /** Takes this module's own state, not its children's, from a dictionary. */
  _load_from_state_dict(
    state_dict: StateDict,
    prefix: string,
    local_metadata: LocalMetadata,
    strict: boolean,
    missing_keys: string[],
    unexpected_keys: string[],
    error_msgs: string[],
  ): void {
    load_from_state_dict(self_of(this), {
      state_dict,
      prefix,
      local_metadata,
      strict,
      missing_keys,
      unexpected_keys,
      error_msgs,
    })
  }

  /**
   * Copies a state into this module and its descendants.
   *
   * @param state_dict - tensors by name, as {@link state_dict} gives them
   * @param strict - whether the names must be the same. Default: true
   * @param assign - whether the tensors are taken themselves instead of copied. Default: false
   * @returns the names that were missing and those that were not expected
   * @throws RuntimeError that lists everything which did not fit
   */
  load_state_dict(...args: AnyCall<typeof LOAD_STATE_DICT>): IncompatibleKeys {
    return load_state_dict(self_of(this), ...LOAD_STATE_DICT.bind(args))
  }

  static {
    methods(ModuleState, { get_extra_state: '', set_extra_state: 'state' })
  }
}
