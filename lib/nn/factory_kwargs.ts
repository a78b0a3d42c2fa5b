import { type_error, type_name } from '../errors.js'
import { is_options } from '../ops/keywords.js'
import { own_value, set_own } from '../own.js'
import { of_objects, required } from '../python/parameters.js'
import { signature } from '../python/signature.js'

const FACTORY_KWARGS = signature('factory_kwargs', {
  kwargs: of_objects(required<Readonly<Record<string, unknown>> | null>(expect_keywords)),
})

function expect_keywords(value: unknown, name: string, argument: string): Record<string, unknown> | null {
  if (value === null || is_options(value)) return value
  throw type_error(`${name}(): argument '${argument}' must be dict, not ${type_name(value)}`, name)
}

const SIMPLE = ['device', 'dtype', 'memory_format']

/**
 * The keywords of a module's constructor that go to the functions which make its tensors: device, dtype and
 * memory_format, and those of `factory_kwargs`.
 *
 * @param kwargs - the constructor's remaining keywords
 * @returns options for `torch.empty` and its like
 * @throws TypeError for other keywords, and for one that is given twice
 *
 * @example
 * ```ts
 * nn.factory_kwargs({ dtype: torch.float64 }) // { dtype: torch.float64 }
 * ```
 * @see torch/nn/__init__.py
 */
export function factory_kwargs(kwargs: Readonly<Record<string, unknown>> | null): Record<string, unknown>
export function factory_kwargs(...args: unknown[]): Record<string, unknown> {
  const [kwargs] = FACTORY_KWARGS.bind(args)
  if (kwargs === null) return {}
  const unexpected = Object.keys(kwargs).filter((name) => name !== 'factory_kwargs' && !SIMPLE.includes(name))
  if (unexpected.length > 0)
    throw type_error(`unexpected kwargs {${unexpected.map((name) => `'${name}'`).join(', ')}}`)
  const taken = { ...(own_value(kwargs, 'factory_kwargs') as Record<string, unknown> | undefined) }
  for (const name of SIMPLE) {
    if (!Object.hasOwn(kwargs, name)) continue
    if (Object.hasOwn(taken, name))
      throw type_error(`${name} specified twice, in **kwargs and in factory_kwargs`)
    set_own(taken, name, own_value(kwargs, name))
  }
  return taken
}
