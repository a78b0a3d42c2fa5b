import { not_implemented_error, type_error, type_name } from '../errors.js'
import { native } from '../native.js'

/**
 * A switch that only CUDA heeds. Where LibTorch has no CUDA it is remembered and changes nothing, as in Python; where it
 * has, LibTorch's own switch is not reached yet, and another value than its default is refused.
 *
 * @param name what errors call it
 * @param usual LibTorch's default
 */
export function cuda_flag(name: string, usual: boolean): { get: () => boolean; set: (on: boolean) => void } {
  let value = usual
  return {
    get: () => value,
    set: (on) => {
      if (typeof on !== 'boolean')
        throw type_error(`set_${name.split('.').at(-1)} expects a bool, but got ${type_name(on)}`)
      if (native.has_cuda() && on !== usual)
        throw not_implemented_error(`torch.backends.${name} cannot be changed yet where there is CUDA`)
      value = on
    },
  }
}

/** An object whose properties are switches. */
export function with_flags<Rest extends object, Name extends string>(
  rest: Rest,
  prefix: string,
  flags: Record<Name, boolean>,
): Rest & Record<Name, boolean> {
  for (const name of Object.keys(flags) as Name[]) {
    Object.defineProperty(rest, name, {
      ...cuda_flag(`${prefix}.${name}`, flags[name]),
      enumerable: true,
      configurable: true,
    })
  }
  return rest as Rest & Record<Name, boolean>
}
