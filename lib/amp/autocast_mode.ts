import { type ModeGuard, open_guard } from '../autograd/guard.js'
import { bfloat16, type DType, float16 } from '../dtype.js'
import { assertion_error, python_type_name, runtime_error, value_error } from '../errors.js'
import { native } from '../native.js'
import { optional, required } from '../python/parameters.js'
import { type GivenBy, signature } from '../python/signature.js'
import { warn_once } from '../warn.js'
import { type Autocast, autocast_mode, with_device } from './autocast_state.js'
import {
  expect_argument,
  get_autocast_dtype,
  is_autocast_available,
  is_autocast_cache_enabled,
} from './state.js'

/** Options of {@link autocast}. */
export interface AutocastOptions {
  /** What is cast to; null is that of {@link get_autocast_dtype}. Default: null. */
  dtype?: DType | null
  /** False switches autocast off inside. Default: true. */
  enabled?: boolean
  /** Whether casts of weights are kept for their next use; null leaves it. Default: null. */
  cache_enabled?: boolean | null
}

/** What {@link autocast} takes after the type of device, by position or by keyword. */
export type AutocastArguments =
  | []
  | [options: AutocastOptions]
  | [dtype: DType | null]
  | [dtype: DType | null, options: AutocastOptions]
  | [dtype: DType | null, enabled: boolean]
  | [dtype: DType | null, enabled: boolean, options: AutocastOptions]
  | [dtype: DType | null, enabled: boolean, cache_enabled: boolean | null]

const AUTOCAST = signature(
  'autocast.__init__',
  { device_type: required<string>() },
  { dtype: optional<DType | null>(null) },
  { enabled: optional(true) },
  { cache_enabled: optional<boolean | null>(null) },
)

const SUPPORTED = [bfloat16, float16]

/** Whether CUDA's autocast has no device to work on. */
export function amp_definitely_not_available(): boolean {
  return native.cuda_device_count() === 0
}

function refuse_private_backend(): never {
  throw assertion_error(
    'Tried to use AMP with the `privateuseone` backend, but the backend has not registered a module or  the module ' +
      'miss some necessary funcs. The backend should register a module by `torch._register_device_module`, and the ' +
      'module must have these funcs: \n`get_amp_supported_dtype() -> List[torch.dtype]`. \n',
  )
}

// Where the device cannot do what is asked for, autocast is off, with a warning.
function may_enable(device_type: string, dtype: DType): boolean {
  if (device_type === 'cuda') {
    // No look at the card for bfloat16: PyTorch counts emulation, which every card has.
    if (!amp_definitely_not_available()) return true
    warn_once('CUDA is not available or torch_xla is imported. Disabling autocast.')
    return false
  }
  if (SUPPORTED.includes(dtype)) return true
  const device_name = device_type.toUpperCase()
  warn_once(
    `In ${device_name} autocast, but the target dtype is not supported. Disabling autocast.\n` +
      `${device_name} Autocast only supports dtypes of ${SUPPORTED.join(', ')} currently.`,
  )
  return false
}

function state_for({ device_type, ...given }: GivenBy<typeof AUTOCAST>): Autocast {
  if (typeof device_type !== 'string')
    throw value_error(
      `Expected \`device_type\` of type \`str\`, got: \`<class '${python_type_name(device_type)}'>\``,
      'autocast',
    )
  const dtype = given.dtype ?? get_autocast_dtype(device_type)
  if (!is_autocast_available(device_type))
    throw runtime_error(`User specified an unsupported autocast device_type '${device_type}'`, 'autocast')
  if (device_type === 'privateuseone') refuse_private_backend()
  // What is no boolean stays what it is, and is refused by name.
  const enabled = given.enabled && !may_enable(device_type, dtype) ? false : given.enabled
  expect_argument('set_autocast_enabled', 'enabled', 2, enabled, 'bool')
  expect_argument('set_autocast_dtype', 'dtype', 2, dtype, 'torch.dtype')
  const cache_enabled = given.cache_enabled ?? is_autocast_cache_enabled()
  const { nesting, region, ...state } = with_device(device_type, { enabled, dtype })
  return { ...state, cache_enabled, nesting: nesting + 1, region: nesting > 0 ? region : {} }
}

/**
 * Runs a callback in which operators choose their dtype: matrix products and convolutions run in half precision, what
 * needs more runs in float32. The callback may be asynchronous. `using _ = torch.autocast('cpu')` does so for the rest
 * of a synchronous block. What Python decorates with autocast is here a function that calls its body in it.
 *
 * Weights are cast once and the casts kept until the outermost autocast ends; where several asynchronous callbacks with
 * autocast run at the same time, each change from one to another forgets them.
 *
 * @param device_type `'cpu'` or `'cuda'`: autocast acts on tensors there
 * @param dtype - what is cast to. Default: bfloat16 on the CPU, float16 with CUDA
 * @param enabled - false switches autocast off inside. Default: true
 * @param cache_enabled - whether casts of weights are kept. Default: as outside
 * @throws RuntimeError for a type of device that has no autocast
 *
 * A dtype that the device cannot cast to, or CUDA where there is none, switches autocast off with a warning.
 *
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * const a = torch.rand(4, 4)
 * const b = torch.autocast('cpu', { dtype: torch.bfloat16 }, () => a.mm(a))
 * String(b.dtype) // 'torch.bfloat16'
 * ```
 * @see https://docs.pytorch.org/docs/2.13/amp.html#torch.autocast
 */
export function autocast<T>(
  device_type: string | (AutocastOptions & { device_type: string }),
  ...rest: [...AutocastArguments, callback: () => T]
): T
export function autocast(
  device_type: string | (AutocastOptions & { device_type: string }),
  ...rest: AutocastArguments
): ModeGuard
export function autocast(...args: unknown[]): unknown {
  const callback = typeof args.at(-1) === 'function' ? (args.pop() as () => unknown) : undefined
  const state = state_for(AUTOCAST.take(args))
  return callback === undefined
    ? open_guard(autocast_mode.open(state), 'autocast')
    : autocast_mode.run(state, callback)
}

/** What {@link device_amp}'s functions take, by position or by keyword. */
export type DeviceAutocastArguments =
  | []
  | [options: AutocastOptions]
  | [enabled: boolean]
  | [enabled: boolean, options: AutocastOptions]
  | [enabled: boolean, dtype: DType]
  | [enabled: boolean, dtype: DType, options: AutocastOptions]
  | [enabled: boolean, dtype: DType, cache_enabled: boolean]

/** The deprecated autocast of one type of device. */
export function device_autocast_function(device_type: string, fast_dtype: DType) {
  const parameters = signature(
    'autocast.__init__',
    { enabled: optional(true) },
    { dtype: optional<DType>(fast_dtype) },
    { cache_enabled: optional(true) },
  )
  function device_autocast<T>(...rest: [...DeviceAutocastArguments, callback: () => T]): T
  function device_autocast(...rest: DeviceAutocastArguments): ModeGuard
  function device_autocast(...args: unknown[]): unknown {
    warn_once(
      `\`torch.${device_type}.amp.autocast(args...)\` is deprecated. Please use \`torch.amp.autocast('${device_type}', args...)\` instead.`,
      'FutureWarning',
    )
    const callback = typeof args.at(-1) === 'function' ? [args.pop() as () => unknown] : []
    return autocast(device_type, parameters.take(args), ...(callback as [() => unknown]))
  }
  return device_autocast
}
