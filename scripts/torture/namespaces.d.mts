import type { ChildProcessByStdio } from 'node:child_process'
import type { Readable } from 'node:stream'

export function has_namespaces(): boolean
export function spawn_contained(
  host: string,
  args: readonly string[],
  has_proc?: boolean,
): ChildProcessByStdio<null, Readable, Readable>
