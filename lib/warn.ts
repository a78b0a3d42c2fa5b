const warned = new Set<string>()

/** Python's kinds of warnings. */
export type WarningCategory = 'UserWarning' | 'FutureWarning' | 'DeprecationWarning'

/** Emits a process warning, each text once, as Python's filter has it. */
export function warn_once(message: string, category: WarningCategory = 'UserWarning'): void {
  if (warned.has(message)) return
  warned.add(message)
  process.emitWarning(message, category)
}
