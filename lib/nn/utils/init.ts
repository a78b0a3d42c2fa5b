import type { DeviceLike } from '../../device.js'
import { runtime_error, type_name } from '../../errors.js'
import { own, own_value } from '../../own.js'
import { keywords, required, variadic } from '../../python/parameters.js'
import { signature } from '../../python/signature.js'
import { is_error } from '../../realm.js'
import { Module } from '../modules/module.js'

const SKIP_INIT = signature(
  'skip_init',
  { module_cls: required<new (...args: unknown[]) => Module>() },
  { args: variadic<unknown>() },
  { kwargs: keywords<unknown>() },
)

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
): M
export function skip_init<M extends Module>(
  module_cls: new (...args: never[]) => M,
  ...args: readonly unknown[]
): M
export function skip_init(...given: unknown[]): Module {
  const [module_cls, args, kwargs] = SKIP_INIT.bind(given)
  if (typeof module_cls !== 'function' || !(module_cls.prototype instanceof Module))
    throw runtime_error(
      `Expected a Module; got ${typeof module_cls === 'function' ? module_cls.name : type_name(module_cls)}`,
    )
  const device = (own_value(kwargs, 'device') as DeviceLike | undefined) ?? 'cpu'
  let made: Module
  try {
    made = new module_cls(...args, { ...kwargs, device: 'meta' })
  } catch (error) {
    if (is_error(error) && error.name === 'TypeError' && is_made_without_device(module_cls, args, kwargs))
      throw no_device()
    throw error
  }
  const parameters = [...made.parameters()]
  if (parameters.length > 0 && parameters.every((parameter) => !parameter.is_meta)) throw no_device()
  return made.to_empty({ device })
}

const no_device = () => runtime_error("Module must support a 'device' arg to skip initialization")

/** Whether the class, which has refused its arguments with a device, takes them without one. */
function is_made_without_device(
  module_cls: new (...args: unknown[]) => Module,
  args: readonly unknown[],
  options: Record<string, unknown>,
): boolean {
  const { device: _, ...others } = own(options)
  try {
    new module_cls(...args, ...(Object.keys(others).length > 0 ? [others] : []))
    return true
  } catch {
    return false
  }
}
