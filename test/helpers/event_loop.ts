import { monitorEventLoopDelay } from 'node:perf_hooks'
import { expect } from 'vitest'

/**
 * Makes calls of growing size until one takes half a second, and expects that the event loop was free meanwhile.
 *
 * @param prepare makes ready for a call of a size, and gives what starts it
 */
export async function expect_free_loop(
  smallest: number,
  prepare: (size: number) => (() => Promise<unknown>) | Promise<() => Promise<unknown>>,
): Promise<void> {
  for (let size = smallest; ; size *= 2) {
    const run = await prepare(size)
    const delay = monitorEventLoopDelay({ resolution: 1 })
    const start = performance.now()
    const running = run()
    delay.enable()
    await running
    delay.disable()
    const took = performance.now() - start
    if (took < 500) continue
    // Other work on the machine may hold this thread up once; a blocked loop would be held up all the time.
    expect(delay.percentile(95) / 1e6).toBeLessThan(20)
    expect(delay.max / 1e6).toBeLessThan(took / 3)
    return
  }
}
