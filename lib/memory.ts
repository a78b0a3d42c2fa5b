import v8 from 'node:v8'
import vm from 'node:vm'
import { type_error, type_name } from './errors.js'
import { type Handle, type MemoryStats, native, type SharedMemory } from './native.js'
import { own_value } from './own.js'

// Tensors are freed when a collection finds their objects gone (see docs/memory.md). New ones are handed to the
// addon in batches; a collection is asked for when the addon says that enough garbage may be waiting.

type Collect = (options?: { type: 'minor' }) => void

let collect_garbage: Collect | undefined

/** V8's own collector; a flag brings it without one on the command line. */
function garbage_collector(): Collect {
  if (collect_garbage === undefined) {
    // V8 makes objects old at once where others from the same place have lived long; one of those that refers to tensors
    // would keep them from every minor collection.
    v8.setFlagsFromString('--no-allocation-site-pretenuring')
    const given = own_value(globalThis as { gc?: Collect }, 'gc')
    if (given !== undefined) {
      collect_garbage = given
    } else {
      v8.setFlagsFromString('--expose-gc')
      collect_garbage = vm.runInNewContext('gc') as Collect | undefined
    }
    if (typeof collect_garbage !== 'function') {
      throw new Error(
        'typetorch needs V8’s gc(), which this runtime does not give; Node.js 20.19 or later does',
      )
    }
  }
  return collect_garbage
}

const BATCH = 16
const handles = new Int32Array(BATCH)
const objects: (object | undefined)[] = new Array(BATCH).fill(undefined)
let waiting = 0

/** What the addon shares. */
export const memory: SharedMemory = { flags: new Int32Array(0), lists: new Float64Array(0) }

/** Called once by lib/tensor.ts. */
export function share_memory(shared: SharedMemory): void {
  memory.flags = shared.flags
  memory.lists = shared.lists
}

function hand_over_batch(): void {
  const o = objects
  const h = handles
  native.track(
    h[0],
    o[0],
    h[1],
    o[1],
    h[2],
    o[2],
    h[3],
    o[3],
    h[4],
    o[4],
    h[5],
    o[5],
    h[6],
    o[6],
    h[7],
    o[7],
    h[8],
    o[8],
    h[9],
    o[9],
    h[10],
    o[10],
    h[11],
    o[11],
    h[12],
    o[12],
    h[13],
    o[13],
    h[14],
    o[14],
    h[15],
    o[15],
  )
  waiting = 0
  o.fill(undefined)
}

/** Hands over what waits, so that a handle may be given up. */
export function flush(): void {
  if (waiting === 0) return
  if (waiting === BATCH) {
    hand_over_batch()
    return
  }
  const pairs: unknown[] = []
  for (let i = 0; i < waiting; i++) pairs.push(handles[i], objects[i])
  waiting = 0
  objects.fill(undefined)
  native.track(...pairs)
}

/** A new tensor's object: from now on its handle is freed when the object is gone. */
export function note(handle: Handle, object: object): void {
  handles[waiting] = handle
  objects[waiting] = object
  waiting++
  if (waiting === BATCH) hand_over_batch()
  if (memory.flags[0] !== 0) collect()
}

/** A minor collection and a sweep; a major one where minor ones have stopped helping. */
export function collect(): void {
  flush()
  native.begin_collection()
  const gc = garbage_collector()
  gc({ type: 'minor' })
  if (native.sweep(false)) collect_all()
}

/** Between two steps little is alive: what the last one left is freed, where that is worth a collection. */
export function rest(): void {
  if (native.worth_resting()) collect()
}

/** A major collection and a sweep of everything. */
export function collect_all(): void {
  flush()
  native.begin_collection()
  garbage_collector()()
  native.sweep(true)
}

/** The figures behind `torch.memory_stats()`. */
export function memory_stats(): MemoryStats {
  return native.memory_stats()
}

/**
 * How much garbage may wait for a collection at the most. Less waits where collections are cheap.
 *
 * @param bytes bytes of tensors on the CPU (default 64 MiB)
 * @param tensors number of tensors (default 3,000)
 */
export function set_memory_budget(bytes: number, tensors = 3_000): void {
  for (const [name, value] of [
    ['bytes', bytes],
    ['tensors', tensors],
  ] as const) {
    if (typeof value !== 'number' || !(value >= 1)) {
      throw type_error(
        `set_memory_budget(): argument '${name}' must be a positive number, not ${typeof value === 'number' ? value : type_name(value)}`,
      )
    }
  }
  native.set_memory_budget(bytes, tensors)
}

/** Gives memory that waits for its next use back to the system. */
export function empty_cache(): void {
  native.empty_cache()
}
