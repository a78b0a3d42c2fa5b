import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

// Stacks as text. Error.prepareStackTrace is everybody's: source-map libraries set it, whose lines are the better ones, and
// others set it to get at call sites, or throw from it.

type Formatter = (error: Error, sites: NodeJS.CallSite[]) => unknown

const FRAME = /^ {4}at /
const here = dirname(fileURLToPath(import.meta.url))

/** True for a frame of this library or of a built-in function such as `Array.map`. */
const is_ours = (line: string): boolean =>
  line.includes(here) || /^ {4}at (?:new )?(?:Array|Object|Function)\.\w+ \(<anonymous>\)/.test(line)

/** The frames from the user's on; all of them where none is the user's. */
function from_user<T>(frames: T[], text_of: (frame: T) => string): T[] {
  const first = frames.findIndex((frame) => !is_ours(text_of(frame)))
  return first < 0 ? frames : frames.slice(first)
}

const as_line = (site: NodeJS.CallSite): string => `    at ${String(site)}`

function header_of(error: object): string {
  try {
    return Error.prototype.toString.call(error)
  } catch {
    return 'Error'
  }
}

/** Calls another library's formatter, and formats as V8 does where no text comes back or `accepts` refuses it. */
function guarded(theirs: Formatter, trims: boolean, accepts: (text: string) => boolean): Formatter {
  return (error, sites) => {
    const frames = trims ? from_user(sites, as_line) : sites
    try {
      const text = theirs.call(Error, error, frames)
      if (typeof text === 'string' && accepts(text)) return text
    } catch {
      // As if it were not there.
    }
    return [header_of(error), ...frames.map(as_line)].join('\n')
  }
}

function formatter(): Formatter | null {
  try {
    const theirs: unknown = Error.prepareStackTrace
    return typeof theirs === 'function' ? (theirs as Formatter) : null
  } catch {
    return null
  }
}

// A stack is formatted when it is read for the first time.
function read(
  holder: { readonly stack?: unknown },
  trims: boolean,
  accepts: (text: string) => boolean,
): string {
  const theirs = formatter()
  const is_set = theirs !== null && Reflect.set(Error, 'prepareStackTrace', guarded(theirs, trims, accepts))
  try {
    const { stack } = holder
    if (typeof stack === 'string') return stack
  } catch {
    // A getter of another library's.
  } finally {
    if (is_set) Reflect.set(Error, 'prepareStackTrace', theirs)
  }
  return header_of(holder)
}

/** An error's stack: text whatever formats stacks in this process, and without an exception. */
export function stack_of(error: object): string {
  return read(error as { stack?: unknown }, false, () => true)
}

/** The lines `    at …` of what `Error.captureStackTrace` has noted. */
export function frames_of(holder: object): string[] {
  const text = read(holder as { stack?: unknown }, false, (stack) => stack.split('\n').some(is_frame))
  return text.split('\n').filter(is_frame)
}

const is_frame = (line: string): boolean => FRAME.test(line)

/** The lines of the call stack above a function, at most `most`; as many as an error's where nothing is said. */
export function frames_above(method: (...args: never[]) => unknown, most?: number): string[] {
  const noted = {}
  with_frames(
    (limit) => most ?? limit,
    () => Error.captureStackTrace(noted, method),
  )
  return frames_of(noted)
}

/** Runs a function that notes a stack, with as many frames as `most` says given the process's own limit. */
export function with_frames<T>(most: (limit: number) => number, note: () => T): T {
  const limit: unknown = Error.stackTraceLimit
  // With a limit that is not a number V8 notes no frames.
  Reflect.set(Error, 'stackTraceLimit', most(typeof limit === 'number' ? limit : 10))
  try {
    return note()
  } finally {
    Reflect.set(Error, 'stackTraceLimit', limit)
  }
}

/** Takes the library's own frames off the top of a new error's stack, so that it begins at the user's line. */
export function begin_at_user(error: Error): void {
  const lines = read(error, true, () => true).split('\n')
  const first = lines.findIndex(is_frame)
  const value = first < 0 ? lines : [...lines.slice(0, first), ...from_user(lines.slice(first), String)]
  Object.defineProperty(error, 'stack', {
    value: value.join('\n'),
    configurable: true,
    writable: true,
    enumerable: false,
  })
}
