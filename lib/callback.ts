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
