import type { Case } from '../folder.js'
import { type Bytes, revive } from '../values.js'

/** The text of a tensor, character for character. */
export function run_printing(recorded: Case, memory: Bytes): string | null {
  const ours = String(revive(recorded['value']!, memory))
  const theirs = String(recorded['repr'])
  if (ours === theirs) return null
  let at = 0
  while (ours[at] === theirs[at]) at++
  const around = (text: string) => JSON.stringify(text.slice(Math.max(0, at - 12), at + 24))
  return `character ${at}: ${around(ours)}, expected ${around(theirs)}`
}
