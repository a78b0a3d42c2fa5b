import { answer_runner } from './runner.js'

/** What the shell expects of a program that a signal ended: 128 and the signal's number. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const
const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** A signal that ends programs. */
export type EndSignal = keyof typeof EXIT_CODES

/** For so long after a signal, others are the same wish: runners pass on what the terminal has sent to all already. */
const SAME_WISH_MS = 1000

interface Stoppable {
  stop: (signal: EndSignal) => void
  stopped: boolean
}

const running = new Set<Stoppable>()
let wished_at = Number.NEGATIVE_INFINITY
let end_answers: Promise<() => void> | undefined

function on_signal(signal: EndSignal): void {
  const now = performance.now()
  if (now - wished_at <= SAME_WISH_MS) return
  if (running.size === 0 || Array.from(running).some(({ stopped }) => stopped))
    process.exit(EXIT_CODES[signal])
  wished_at = now
  process.exitCode = EXIT_CODES[signal]
  for (const one of running) {
    one.stopped = true
    one.stop(signal)
  }
}

function give_back(): void {
  if (running.size > 0 || end_answers === undefined) return
  for (const signal of SIGNALS) process.off(signal, on_signal)
  void end_answers.then((end) => end())
  end_answers = undefined
}

/**
 * Takes over SIGINT and SIGTERM: the first one calls `stop` and sets the exit code; one that comes more than a second
 * later exits at once.
 *
 * @returns gives them back; repeats of a first one are still taken within its second, so that the program's own end is not
 *   cut short
 */
export async function take_signals(stop: (signal: EndSignal) => void): Promise<() => void> {
  const mine: Stoppable = { stop, stopped: false }
  running.add(mine)
  if (end_answers === undefined) {
    for (const signal of SIGNALS) process.on(signal, on_signal)
    end_answers = answer_runner(SIGNALS)
  }
  await end_answers
  return () => {
    running.delete(mine)
    const left = wished_at + SAME_WISH_MS - performance.now()
    if (left > 0) setTimeout(give_back, left).unref()
    else give_back()
  }
}
