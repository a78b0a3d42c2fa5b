import type { DeviceLike } from '../../device.js'
import { runtime_error, type_name } from '../../errors.js'
import { is_options } from '../../ops/keywords.js'
import { Module } from '../modules/module.js'

/**
 * Makes a module without drawing its first values: what stands in memory is what was there.
 *
 * @param module_cls - the class, whose constructor takes a device
 * @param args - the constructor's arguments; a trailing object holds keywords, `device` among them
 * @throws RuntimeError for something else than a class of modules, or one whose constructor takes no device
 *
 * @example
 * ```ts
 * const m = nn.utils.skip_init(nn.Linear, 5, 1)
 * ```
 *
 * @see torch/nn/utils/init.py
 */
export function skip_init<A extends unknown[], M extends Module>(
  module_cls: new (...args: A) => M,
  ...args: A
): M {
  if (typeof module_cls !== 'function' || !(module_cls.prototype instanceof Module))
    throw runtime_error(
      `Expected a Module; got ${typeof module_cls === 'function' ? module_cls.name : type_name(module_cls)}`,
    )
  const last = args.at(-1)
  const keywords = is_options(last) ? last : {}
  const positional = is_options(last) ? args.slice(0, -1) : args
  const device = (keywords['device'] as DeviceLike | undefined) ?? 'cpu'
  let made: M
  try {
    made = new module_cls(...([...positional, { ...keywords, device: 'meta' }] as A))
  } catch (error) {
    if (error instanceof TypeError && is_made_without_device(module_cls, args)) throw no_device()
    throw error
  }
  const parameters = [...made.parameters()]
  if (parameters.length > 0 && parameters.every((parameter) => !parameter.is_meta)) throw no_device()
  return made.to_empty({ device })
}

const no_device = () => runtime_error("Module must support a 'device' arg to skip initialization")

/** Whether the class, which has refused its arguments with a device, takes them without one. */
function is_made_without_device<A extends unknown[]>(
  module_cls: new (...args: A) => Module,
  args: A,
): boolean {
  const last = args.at(-1)
  const { device: _, ...others } = is_options(last) ? last : { device: null }
  const given = is_options(last) ? [...args.slice(0, -1), others] : args
  try {
    new module_cls(...(given as A))
    return true
  } catch {
    return false
  }
}
