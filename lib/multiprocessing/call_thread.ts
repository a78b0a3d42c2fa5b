import { MessageChannel, type MessagePort, type Worker } from 'node:worker_threads'
import { type_error } from '../errors.js'
import type { Mode } from '../native.js'
import { has_own } from '../own.js'
import { type Forwarded, same_error, with_class } from '../utils/data/_utils/worker_error.js'
import { type Packed, unpack } from './reductions.js'
import { worker_program } from './worker_program.js'

// One thread of ours in each environment, on which modules are called one after the other.

/** The modes that a call runs in. */
export interface CallModes {
  grad: Mode
  /** By type of device: enabled, and the number of the dtype. */
  autocast: [type: string, enabled: boolean, dtype: number][]
  cache_enabled: boolean
  default_device: string | null
}

/** What the thread is asked for. */
export interface CallTask {
  use: number
  modes: CallModes
  /** The address of the user's module, or null. */
  worker_module: string | null
  /** The module and its arguments, in a channel of the call's own. */
  packed: Packed
}

/** What it answers. */
export type CallAnswer = { packed: Packed } | { error: Forwarded }

/** What the thread is given at its start. */
export interface CallThreadStart {
  kind: 'calls'
  port: MessagePort
}

interface Waiting {
  task: CallTask
  resolve: (value: unknown) => void
  reject: (error: unknown) => void
}

/** Little of a call outlives it: V8's default lets young objects take up to 48 MB before it looks which are alive. */
const LIMITS = { maxYoungGenerationSizeMb: 6 }

/** Only tensors, and plain objects and arrays of them, come back. */
const find_nothing = ({ name }: { name: string }): never => {
  throw type_error(
    `call_async(): a module may return tensors, and arrays, Maps and plain objects of them, not '${name}'`,
  )
}

class CallThread {
  readonly #waiting: Waiting[] = []
  #running: Waiting | undefined
  #worker: Worker | undefined
  #port: MessagePort | undefined

  /** Calls a module after those that wait. */
  call(task: CallTask, signal: AbortSignal | undefined): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const abort = () => this.#abort(waiting, signal!.reason)
      const end = () => signal?.removeEventListener('abort', abort)
      const waiting: Waiting = {
        task,
        resolve: (value) => {
          end()
          resolve(value)
        },
        reject: (error) => {
          end()
          reject(error)
        },
      }
      signal?.addEventListener('abort', abort, { once: true })
      this.#waiting.push(waiting)
      this.#next()
    })
  }

  #start(): MessagePort {
    if (this.#port !== undefined) return this.#port
    const { port1, port2 } = new MessageChannel()
    const start: CallThreadStart = { kind: 'calls', port: port2 }
    const worker = worker_program('typetorch calls', start, [port2], { resourceLimits: LIMITS })
    this.#worker = worker
    this.#port = port1
    let failure: Error | undefined
    port1.on('message', (answer: CallAnswer) => this.#settle(answer))
    worker.on('error', (error: Error) => {
      failure = error
    })
    worker.on('exit', () => {
      if (this.#worker !== worker) return
      this.#forget()
      const running = this.#running
      this.#running = undefined
      running?.reject(
        failure ?? new Error('call_async(): the thread that the module was called on has ended'),
      )
      this.#next()
    })
    return port1
  }

  #forget(): void {
    this.#port?.close()
    this.#worker = this.#port = undefined
  }

  #next(): void {
    if (this.#running !== undefined) return
    const next = this.#waiting.shift()
    if (next === undefined) {
      // An idle thread keeps no process alive.
      this.#worker?.unref()
      this.#port?.unref()
      return
    }
    const port = this.#start()
    this.#worker!.ref()
    port.ref()
    this.#running = next
    try {
      port.postMessage(next.task)
    } catch (error) {
      this.#running = undefined
      next.reject(error)
      this.#next()
    }
  }

  #settle(answer: CallAnswer): void {
    const running = this.#running
    this.#running = undefined
    try {
      if (running === undefined) return
      if (has_own(answer, 'error')) void with_class(same_error(answer.error)).then(running.reject)
      else running.resolve(unpack(answer.packed, find_nothing))
    } catch (error) {
      running?.reject(error)
    } finally {
      this.#next()
    }
  }

  #abort(waiting: Waiting, reason: unknown): void {
    const place = this.#waiting.indexOf(waiting)
    if (place >= 0) this.#waiting.splice(place, 1)
    if (this.#running !== waiting) {
      waiting.reject(reason)
      return
    }
    // JavaScript can be stopped between two operators; what they use is free when the thread is gone.
    const worker = this.#worker!
    this.#forget()
    void worker.terminate().then(() => {
      this.#running = undefined
      waiting.reject(reason)
      this.#next()
    })
  }
}

let thread: CallThread | undefined

/** The thread of ours that this environment calls modules on. */
export function call_thread(): CallThread {
  thread ??= new CallThread()
  return thread
}
