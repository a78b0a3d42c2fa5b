import { type_error, type_name } from '../errors.js'
import { native } from '../native.js'

/**
 * Gives an object properties that are LibTorch's switches.
 *
 * @param rest the object
 * @param switches the addon's name of each property's switch
 */
export function with_flags<Rest extends object, Name extends string>(
  rest: Rest,
  switches: Readonly<Record<Name, string>>,
): Rest & Record<Name, boolean> {
  for (const name of Object.keys(switches) as Name[]) {
    Object.defineProperty(rest, name, {
      get: () => native.context_get(switches[name]),
      set: (on: unknown) => {
        if (typeof on !== 'boolean') throw type_error(`set_${name} expects a bool, but got ${type_name(on)}`)
        native.context_set(switches[name], on)
      },
      enumerable: true,
      configurable: true,
    })
  }
  return rest as Rest & Record<Name, boolean>
}
