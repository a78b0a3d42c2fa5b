/** Runs a callback, and something after it whether it returned, threw or was asynchronous. */
export function run_then<T>(callback: () => T, after: () => void): T {
  let result: T
  try {
    result = callback()
  } catch (error) {
    after()
    throw error
  }
  if (result instanceof Promise) return result.finally(after) as T
  after()
  return result
}
