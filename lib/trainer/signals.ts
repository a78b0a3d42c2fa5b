/** What the shell expects of a program that a signal ended: 128 and the signal's number. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const

/** A signal that ends programs. */
export type EndSignal = keyof typeof EXIT_CODES

/**
 * Takes over SIGINT and SIGTERM: the first one calls `stop` and sets the exit code, a second one exits at once.
 *
 * @returns gives them back
 */
export function take_signals(stop: (signal: EndSignal) => void): () => void {
  let stopped = false
  const on_signal = (signal: EndSignal) => {
    if (stopped) process.exit(EXIT_CODES[signal])
    stopped = true
    process.exitCode = EXIT_CODES[signal]
    stop(signal)
  }
  const signals = Object.keys(EXIT_CODES) as EndSignal[]
  for (const signal of signals) process.on(signal, on_signal)
  return () => {
    for (const signal of signals) process.off(signal, on_signal)
  }
}
