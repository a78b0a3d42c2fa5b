import { setImmediate as event_loop_turn } from 'node:timers/promises'
import { runtime_error } from './errors.js'
import { begin_own_lease, current_lease, run_within } from './lease_context.js'
import { native } from './native.js'
import { own } from './own.js'
import { handle_of, type Tensor } from './tensor.js'

// Who may use which weights when. What goes on after an await holds a lease on the tensors that it needs: readers share, a
// writer is alone. The addon refuses operators that would break a lease, by name (native/in_use.cpp); code that runs in the
// asynchronous context of a lease is part of it. Code without an await needs none: nobody comes in between.

/** What a lease is on, and what an error says about it. */
export interface LeaseOptions {
  /** As errors call it: `EMA.apply()`. */
  operation: string
  reads?: readonly Tensor[]
  writes?: readonly Tensor[]
  /** What can be done about it. Default: to await it. */
  remedy?: string
  /** Its holder waits for nobody: it is given back by another call, such as `EMA.restore()`. */
  is_manual?: boolean
  /** Those of this thread that are in turn follow each other, and do not race. */
  is_in_turn?: boolean
}

/** A right to use tensors, held until {@link Lease.end}. */
export class Lease {
  /** The lease that this one was begun in, by its number; 0 for none. */
  readonly outer: number
  readonly use: number
  readonly is_manual: boolean

  /** @throws RuntimeError where somebody else's lease rules it out */
  constructor(options: LeaseOptions) {
    const { operation, reads = [], writes = [], remedy, is_manual, is_in_turn } = own(options)
    begin_own_lease()
    this.outer = current_lease()
    this.use = native.begin_use(
      operation,
      reads.map(handle_of),
      writes.map(handle_of),
      is_in_turn ?? false,
      remedy ?? 'which is under way: await it first',
    )
    this.is_manual = is_manual ?? false
    open.set(this.use, this)
    leases.open = open.size
  }

  /** Runs a callback, which may be asynchronous, as part of the lease. */
  run<T>(callback: () => T): T {
    return run_within(this.use, callback)
  }

  /** Whether a lease is this one or was begun in it. */
  includes(use: number): boolean {
    return use === this.use || (use !== 0 && this.includes(open.get(use)?.outer ?? 0))
  }

  /** Gives it back; does nothing the second time. */
  end(): void {
    if (!open.delete(this.use)) return
    leases.open = open.size
    native.end_use(this.use)
    ended.splice(0).forEach((wake) => {
      wake()
    })
  }
}

/** The open leases of this thread by their numbers. */
const open = new Map<number, Lease>()
/** Called at the next lease's end. */
const ended: (() => void)[] = []
/** What those who wait are going to write; `served` when they have. */
const wanted = new Set<{ tensors: ReadonlySet<Tensor>; served: Promise<void> }>()

/** How many leases this thread has open: where none is, nobody has to be asked. */
export const leases = { open: 0 }

/** For so long those wait whose end nobody tells: other threads', and backward on the background thread. */
const POLL_MS = 20

/**
 * Runs a callback. Where it is asynchronous it is part of a lease from its first await until it has settled.
 *
 * @param make - the lease, which is somebody else's to end, or options of one for the callback alone
 * @param before - the lease that it is part of until then
 */
export function hold_while_pending<T>(
  callback: () => T,
  make: () => Lease | LeaseOptions,
  before: number = current_lease(),
): T {
  return run_within(before, callback, () => {
    const made = make()
    return made instanceof Lease ? { use: made.use, end() {} } : new Lease(made)
  })
}

function user_of(
  tensors: Iterable<Tensor>,
  holder: number,
  is_written = true,
): [use: number, user: string] | null {
  return native.in_use_by(Array.from(tensors, handle_of), is_written, holder)
}

/**
 * Throws where somebody else uses one of the tensors.
 *
 * @param subject - what the error begins with: `load_state_dict(): the model`
 */
export function refuse_in_use(subject: string, tensors: Iterable<Tensor>): void {
  const found = user_of(tensors, current_lease())
  if (found !== null) throw runtime_error(`${subject} is in use by ${found[1]}`)
}

/** Whether a lease is on one of the tensors, be it that of this code. */
export function is_leased(tensors: Iterable<Tensor>): boolean {
  begin_own_lease()
  return user_of(tensors, 0) !== null
}

/** Throws where the tensors are lent to what this code is itself part of, which will put other values back. */
export function refuse_lent(subject: string, tensors: Iterable<Tensor>): void {
  const holder = current_lease()
  if (holder === 0) return
  const found = user_of(tensors, 0, false)
  if (found !== null) throw runtime_error(`${subject} is in use by ${found[1]}`)
}

/**
 * Waits until one may write tensors and read others, and says for whom; undefined where it is for nobody. Those who want to
 * read the former meanwhile wait themselves.
 *
 * @throws RuntimeError for a lease that only another call gives back
 */
export function until_free(
  subject: string,
  tensors: () => { writes: readonly Tensor[]; reads?: readonly Tensor[] },
): { user: string; free: Promise<void> } | undefined {
  const holder = current_lease()
  const { writes, reads = [] } = own(tensors())
  const user = () => user_of(writes, holder) ?? user_of(reads, holder, false)
  const first = user()
  if (first === null) return undefined
  const wait = async (): Promise<void> => {
    for (let found: typeof first | null = first; found !== null; found = user()) {
      const [use, text] = found
      if (open.get(use)?.is_manual || waits_for(use, holder))
        throw runtime_error(`${subject} is in use by ${text}`)
      if (holder !== 0) waiting.set(holder, use)
      await next_end(open.has(use)).finally(() => waiting.delete(holder))
    }
  }
  const free = wait()
  // What follows at once, a step, comes before those who want to read.
  const follow = () => event_loop_turn().then(() => void wanted.delete(entry))
  const entry = { tensors: new Set(writes), served: free.then(follow, follow) }
  wanted.add(entry)
  return { user: first[1].slice(0, first[1].indexOf(',')), free }
}

/** Which lease's holder waits for which lease. */
const waiting = new Map<number, number>()

/** Whether the holder of one lease waits for the other, which would then wait for itself. */
function waits_for(use: number, holder: number): boolean {
  if (holder === 0) return false
  for (let at: number | undefined = use; at !== undefined; at = waiting.get(at))
    if (at === holder) return true
  return false
}

function next_end(is_told: boolean): Promise<void> {
  return new Promise((resolve) => {
    if (is_told) ended.push(resolve)
    else setTimeout(resolve, POLL_MS)
  })
}

/** The end of those who wait to write one of the tensors; undefined where nobody does, or this code is part of a lease. */
export function after_writers(tensors: readonly Tensor[]): Promise<void> | undefined {
  if (current_lease() !== 0) return undefined
  const writer = [...wanted].find((one) => tensors.some((tensor) => one.tensors.has(tensor)))
  return writer?.served.then(() => after_writers(tensors))
}
