const warned = new Set<string>()

/** Python's kinds of warnings. */
export type WarningCategory = 'UserWarning' | 'FutureWarning' | 'DeprecationWarning'

/** Emits a process warning, each text once, as Python's filter has it, or `always`. */
export function warn_once(message: string, category: WarningCategory = 'UserWarning', always = false): void {
  if (warned.has(message) && !always) return
  warned.add(message)
  process.emitWarning(message, category)
}
