/** Whether a value has to be waited for. */
export function is_promise(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  )
}

/** Runs a callback, and something after it whether it returned, threw or was asynchronous. */
export function run_then<T>(callback: () => T, after: () => void): T {
  let result: T
  try {
    result = callback()
  } catch (error) {
    after()
    throw error
  }
  if (is_promise(result)) return Promise.resolve(result).finally(after) as T
  after()
  return result
}

/** A call's arguments, and the function after them, which runs inside as what stands under Python's `with`. */
export function split_callback<T>(
  args: readonly unknown[],
): [args: readonly unknown[], callback: (() => T) | undefined] {
  const last = args.at(-1)
  return typeof last === 'function' ? [args.slice(0, -1), last as () => T] : [args, undefined]
}
