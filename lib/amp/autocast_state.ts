import { add_mode, ContextMode } from '../autograd/context.js'
import { type DType, dtype_of_code } from '../dtype.js'
import { native } from '../native.js'
import { lower } from '../ops/lower.js'

/** Autocast of one type of device. */
export interface DeviceAutocast {
  readonly enabled: boolean
  readonly dtype: DType
}

/** What autocast does: never changed, so that it is compared by identity. */
export interface Autocast {
  /** What was set, by type of device; the others are as LibTorch has them. */
  readonly devices: ReadonlyMap<string, DeviceAutocast>
  /** Whether casts of weights are kept for the next use. */
  readonly cache_enabled: boolean
  /** How many are open inside each other. */
  readonly nesting: number
  /** The outermost of them: casts are kept as long as it is open, and seen by nobody else. */
  readonly region: object | null
}

// Types of devices as LibTorch had them before anything was set.
const initial = new Map<string, DeviceAutocast>()

function initial_of(type: string, device_type = type): DeviceAutocast {
  let found = initial.get(type)
  if (found === undefined || device_type !== type) {
    const [enabled, code] = native.autocast(device_type)
    if (found === undefined) initial.set(type, (found = { enabled, dtype: dtype_of_code(code) }))
  }
  return found
}

function apply_device(type: string, { enabled, dtype }: DeviceAutocast): void {
  // To be known before anything is set, as on a thread that is given its modes.
  initial_of(type)
  // Python takes any dtype here; LibTorch casts to floating-point ones alone.
  native.autocast(type, enabled, dtype.is_floating_point ? (lower(dtype) as number) : undefined)
}

function apply(mode: Autocast, before: Autocast): void {
  for (const [type, device] of mode.devices)
    if (before.devices.get(type) !== device) apply_device(type, device)
  for (const type of before.devices.keys()) if (!mode.devices.has(type)) apply_device(type, initial_of(type))
  if (mode.cache_enabled !== before.cache_enabled) native.context_set('autocast_cache', mode.cache_enabled)
  if (before.region !== null && before.region !== mode.region) native.clear_autocast_cache()
}

/** Autocast of the asynchronous context. */
export const autocast_mode = new ContextMode<Autocast>(
  { devices: new Map(), cache_enabled: true, nesting: 0, region: null },
  apply,
)
add_mode(autocast_mode)

/** Autocast of a device type, `'cuda:0'` being one of `'cuda'`; throws for one that LibTorch has no autocast for. */
export function device_autocast(device_type: string): DeviceAutocast {
  const type = device_type.split(':')[0]!
  const first = initial_of(type, device_type)
  return autocast_mode.current().devices.get(type) ?? first
}

/** The state with a device type's changed. */
export function with_device(device_type: string, changed: Partial<DeviceAutocast>): Autocast {
  const state = autocast_mode.current()
  const device = { ...device_autocast(device_type), ...changed }
  return { ...state, devices: new Map(state.devices).set(device_type.split(':')[0]!, device) }
}

/** Whether autocast is on for any type of device. */
export function is_any_autocast_enabled(): boolean {
  for (const { enabled } of autocast_mode.current().devices.values()) if (enabled) return true
  return false
}
