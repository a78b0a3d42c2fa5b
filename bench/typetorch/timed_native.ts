// Times the calls that lead into LibTorch. Install it before 'typetorch' is imported, which keeps what it binds.
import { type Native, type NativeOperator, native } from '../../dist/native.js'

type Call = (...values: unknown[]) => unknown

/** What was found while `on`. */
export const timing = { on: false, operators: 0, calls: 0, inside_ms: 0 }

// The addon's other functions ask for facts and keep count of tensors: overhead, like the JavaScript around them.
const ENTRIES = /^(backward|gradients|item|zero_grads|from_bytes|\w+_step)$/
const MAKERS = ['bind', 'make_conv', 'make_linear', 'make_mse_loss'] as const

export function install(): void {
  const functions = native as unknown as Record<string, Call>
  for (const name of Object.keys(functions))
    if (ENTRIES.test(name)) functions[name] = timed(functions[name]!, 0)
  for (const name of MAKERS) {
    const make = functions[name]!
    functions[name] = (...values) => timed(make(...values) as Call, 1)
  }
}

function timed(call: Call, operators: 0 | 1): Call {
  const by_count: Call[] = []
  return (...values) => (by_count[values.length] ??= write(call, operators, values.length))(...values)
}

// Written for one function and one number of arguments: V8 calls the addon fastest from such a place.
function write(call: Call, operators: 0 | 1, count: number): Call {
  const names = Array.from({ length: count }, (_, i) => `a${i}`).join(', ')
  const text = `return (${names}) => {
    if (!timing.on) return call(${names})
    const begin = performance.now()
    const result = call(${names})
    timing.inside_ms += performance.now() - begin
    timing.operators += ${operators}
    timing.calls++
    return result
  }`
  return (new Function('call', 'timing', text) as (...values: unknown[]) => Call)(call, timing)
}

const TRIES = 200_000

function ms_of(call: () => unknown): number {
  for (let i = 0; i < TRIES / 10; i++) call()
  const begin = performance.now()
  for (let i = 0; i < TRIES; i++) call()
  return (performance.now() - begin) / TRIES
}

/** What a call costs for being timed: between its two readings of the clock, and around them. */
export function cost_of_timing(): { inside_ms: number; around_ms: number } {
  const nothing = timed(() => undefined, 0)
  timing.on = true
  const whole = ms_of(nothing)
  timing.on = false
  const inside_ms = timing.inside_ms / timing.calls
  Object.assign(timing, { operators: 0, calls: 0, inside_ms: 0 })
  return { inside_ms, around_ms: whole - inside_ms }
}

/** An operator that computes next to nothing: two tensors go in, a boolean comes out. */
export function cost_of_crossing(bind: Native['bind']): number {
  const same_size: NativeOperator = bind('aten::is_same_size', '')
  const x = native.from_bytes(new Float32Array(1), 6, [1])
  return ms_of(() => same_size(x, x))
}

/** The addon's own, untimed. */
export const { bind } = native
