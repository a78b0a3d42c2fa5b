import type { DType } from '../dtype.js'
import { attribute_error, python_type_name, value_error } from '../errors.js'
import { is_options } from '../ops/keywords.js'
import { own } from '../own.js'
import { keyword, optional, required_keyword } from '../python/parameters.js'
import { signature } from '../python/signature.js'
import { is_map } from '../realm.js'
import { Tensor } from '../tensor.js'
import { autocast } from './autocast_mode.js'
import { get_autocast_dtype, is_autocast_enabled } from './state.js'

/** What forward and backward of a custom function have in common: {@link custom_fwd} leaves its notes here. */
export interface AmpContext {
  /** What autocast cast to around forward. */
  _dtype?: DType
  /** Whether forward ran under autocast. */
  _fwd_used_autocast?: boolean
}

/** A function whose first argument is a custom function's context. */
export type WithContext<C extends object, A extends unknown[], R> = (ctx: C, ...args: A) => R

/** Options of {@link custom_bwd}. */
export interface CustomBwdOptions {
  /** Type of device whose autocast counts. */
  device_type: string
}

/** Options of {@link custom_fwd}. */
export interface CustomFwdOptions extends CustomBwdOptions {
  /** What floating-point tensors are cast to under autocast, forward itself running without; null leaves both. */
  cast_inputs?: DType | null
}

/** Casts tensors of a type of device, alone or in arrays, maps and plain objects, but for those in float64. */
export function _cast(value: unknown, device_type: string, dtype: DType): unknown {
  const cast = (inner: unknown) => _cast(inner, device_type, dtype)
  if (value instanceof Tensor) {
    const eligible =
      value.is_floating_point() && value.device.type === device_type && value.dtype.name !== 'float64'
    return eligible ? value.to(dtype) : value
  }
  if (Array.isArray(value)) return value.map(cast)
  if (is_map(value)) return new Map([...value].map(([key, inner]) => [cast(key), cast(inner)]))
  if (is_options(value))
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, cast(inner)]))
  return value
}

function expect_device_type(value: unknown, name: string): string {
  if (typeof value === 'string') return value
  throw value_error(
    `Expected \`device_type\` of type \`str\`, got: \`<class '${python_type_name(value)}'>\``,
    name,
  )
}

type AnyWithContext = WithContext<AmpContext, unknown[], unknown>

const CUSTOM_FWD = signature(
  'custom_fwd',
  { fwd: optional<AnyWithContext | null>(null) },
  { device_type: required_keyword<string>(expect_device_type) },
  { cast_inputs: keyword<DType | null>(null) },
)
const CUSTOM_BWD = signature(
  'custom_bwd',
  { bwd: optional<AnyWithContext | null>(null) },
  { device_type: required_keyword<string>(expect_device_type) },
)

/**
 * Wraps a custom function's forward: under autocast its floating-point tensors are cast to `cast_inputs`, and it runs
 * without autocast. What autocast was is noted in the context, its first argument, for {@link custom_bwd}; any
 * object serves as a context. Without a function it gives what wraps one.
 *
 * @param device_type - the type of device whose autocast counts
 * @param cast_inputs - null runs forward as it is called. Default: null
 *
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * const forward = torch.amp.custom_fwd((_ctx: object, x: torch.Tensor) => x.mm(x), {
 *   device_type: 'cpu',
 *   cast_inputs: torch.float32,
 * })
 * const y = torch.autocast('cpu', () => forward({}, torch.ones(2, 2)))
 * String(y.dtype) // 'torch.float32'
 * ```
 * @see https://docs.pytorch.org/docs/2.13/amp.html#torch.amp.custom_fwd
 */
export function custom_fwd<C extends object, A extends unknown[], R>(
  fwd: WithContext<C, A, R>,
  options: CustomFwdOptions,
): WithContext<C, A, R>
export function custom_fwd(
  options: CustomFwdOptions,
): <C extends object, A extends unknown[], R>(fwd: WithContext<C, A, R>) => WithContext<C, A, R>
export function custom_fwd(...given: unknown[]): unknown {
  const { fwd, device_type, cast_inputs } = CUSTOM_FWD.take(given)
  if (fwd === null) return (later: AnyWithContext): unknown => custom_fwd(later, { device_type, cast_inputs })
  return (ctx: AmpContext, ...args: unknown[]): unknown => {
    ctx._dtype = get_autocast_dtype(device_type)
    const enabled = is_autocast_enabled(device_type)
    ctx._fwd_used_autocast = cast_inputs === null && enabled
    if (cast_inputs === null || !enabled) return fwd(ctx, ...args)
    return autocast(device_type, { enabled: false }, () =>
      fwd(ctx, ...(_cast(args, device_type, cast_inputs) as unknown[])),
    )
  }
}

/**
 * Wraps a custom function's backward, which then runs under the autocast that {@link custom_fwd} noted in its
 * context. Without a function it gives what wraps one.
 *
 * @param device_type - the type of device whose autocast counts
 * @see https://docs.pytorch.org/docs/2.13/amp.html#torch.amp.custom_bwd
 */
export function custom_bwd<C extends object, A extends unknown[], R>(
  bwd: WithContext<C, A, R>,
  options: CustomBwdOptions,
): WithContext<C, A, R>
export function custom_bwd(
  options: CustomBwdOptions,
): <C extends object, A extends unknown[], R>(bwd: WithContext<C, A, R>) => WithContext<C, A, R>
export function custom_bwd(...given: unknown[]): unknown {
  const { bwd, device_type } = CUSTOM_BWD.take(given)
  if (bwd === null) return (later: AnyWithContext): unknown => custom_bwd(later, { device_type })
  return (ctx: AmpContext, ...args: unknown[]): unknown => {
    const { _dtype: dtype, _fwd_used_autocast: enabled } = own(ctx)
    if (dtype === undefined || enabled === undefined)
      throw attribute_error(`'${python_type_name(ctx)}' object has no attribute '_fwd_used_autocast'`)
    return autocast(device_type, { enabled, dtype }, () => bwd(ctx, ...args))
  }
}
