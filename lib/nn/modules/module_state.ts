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
   * The whole state of the module by name: parameters and persistent buffers, detached, sharing their memory.
   *
   * @param options.prefix - what all names begin with. Default: `''`
   * @param options.keep_vars - the parameters themselves, not detached. Default: false
   * @param options.destination - a dictionary to add to
   *
   * @example
   * ```ts
   * torch.save(model.state_dict(), 'model.pt')
   * ```
   */
  state_dict(options: { destination?: StateDict; prefix?: string; keep_vars?: boolean } = {}): StateDict {
    return state_dict(self_of(this), options)
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
  load_state_dict(
    state_dict: StateDictLike,
    strict: boolean | { strict?: boolean; assign?: boolean } = true,
    assign: boolean | { assign?: boolean } = false,
  ): IncompatibleKeys {
    const keywords = {
      ...(typeof strict === 'object' ? strict : {}),
      ...(typeof assign === 'object' ? assign : {}),
    }
    return load_state_dict(
      self_of(this),
      state_dict,
      typeof strict === 'boolean' ? strict : (keywords.strict ?? true),
      typeof assign === 'boolean' && keywords.assign === undefined ? assign : (keywords.assign ?? false),
    )
  }
}
