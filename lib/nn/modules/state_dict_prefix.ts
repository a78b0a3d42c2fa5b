import { items_of, OrderedDict } from '../../collections.js'
import { type_error, type_name } from '../../errors.js'
import { own_value, set_own } from '../../own.js'
import { is_map } from '../../realm.js'
import { metadata_of, type StateDictLike } from './state_dict.js'

/** What a prefix is taken off from: anything whose keys can be set and deleted. */
interface Keys {
  keys(): string[]
  /** Moves a value to another key, at the end. */
  rename(from: string, to: string): void
}

function keys_of(state: unknown): Keys {
  if (state instanceof OrderedDict) {
    const { get, set, keys, delete: remove } = OrderedDict.prototype
    return {
      keys: () => keys.call(state),
      rename(from, to) {
        const value: unknown = get.call(state, from)
        remove.call(state, from)
        set.call(state, to, value)
      },
    }
  }
  if (is_map(state))
    return {
      keys: () => [...(state as Map<string, unknown>).keys()],
      rename(from, to) {
        const value: unknown = state.get(from)
        state.delete(from)
        state.set(to, value)
      },
    }
  if (typeof state !== 'object' || state === null || Array.isArray(state))
    throw type_error(
      `consume_prefix_in_state_dict_if_present(): argument 'state_dict' must be a dict, not ${type_name(state)}`,
    )
  const object = state as Record<string, unknown>
  return {
    keys: () => Array.from(items_of(object), ([key]) => key),
    rename(from, to) {
      const value = own_value(object, from)
      delete object[from]
      set_own(object, to, value)
    },
  }
}

/**
 * Takes a prefix off the keys of a state, in place: of the state of a model that was wrapped as DataParallel wraps it,
 * for the model itself.
 *
 * @param state_dict - the state; keys without the prefix stay
 * @param prefix - the prefix, `'module.'`
 * @throws TypeError for something else than a dictionary, and for a prefix that is no text
 *
 * @example
 * ```ts
 * const state = torch.load('wrapped.pt')
 * torch.nn.modules.utils.consume_prefix_in_state_dict_if_present(state, 'module.')
 * model.load_state_dict(state)
 * ```
 *
 * @see torch/nn/modules/utils.py
 */
export function consume_prefix_in_state_dict_if_present(
  state_dict: StateDictLike,
  prefix: string | { prefix: string },
): void {
  const given: unknown = typeof prefix === 'object' && prefix !== null ? prefix.prefix : prefix
  if (typeof given !== 'string')
    throw type_error(
      `consume_prefix_in_state_dict_if_present(): argument 'prefix' must be str, not ${type_name(given)}`,
    )
  take_off(keys_of(state_dict), given, () => false)
  const metadata = metadata_of(state_dict)
  // The name of the model itself, `module`, has no dot.
  if (metadata !== undefined) take_off(keys_of(metadata), given, (key) => key === given.replaceAll('.', ''))
}

function take_off({ keys, rename }: Keys, prefix: string, is_prefix: (key: string) => boolean): void {
  for (const key of keys())
    if (key !== '' && (key.startsWith(prefix) || is_prefix(key))) rename(key, key.slice(prefix.length))
}
