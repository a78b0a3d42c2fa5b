import { lstatSync, renameSync, statSync } from 'node:fs'
import { runtime_error } from '../../errors.js'
import { naming } from '../../serialization/atomic.js'
import { destination_of } from '../../serialization/destination.js'
import { read_text } from '../../serialization/read_file.js'
import { cannot_read, type SystemError } from '../../serialization/system_error.js'

/** What a log holds that is gone on with; nothing for none, and for a device or a pipe, which is only written to. */
export function text_of_log(logger: string, path: string): string {
  let found: ReturnType<typeof statSync>
  try {
    found = statSync(path, { throwIfNoEntry: false })
  } catch (error) {
    throw cannot_read(logger, path, error as SystemError)
  }
  return found?.isFile() || found?.isDirectory() ? (read_text(logger, path) ?? '') : ''
}

/** The error of a file that holds something else: a logger drops lines of later steps, and never what is not its own. */
export function not_own(logger: string, path: string, line: number, text: string): Error {
  const shown = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
  const error = runtime_error(
    `${logger}(): '${path}' holds what no ${logger} has written (line ${line}: ${shown}); take another file`,
  )
  return Object.assign(error, { path })
}

/** Keeps the log of an earlier training beside the one that begins: `NAME.1`, `NAME.2`, … */
export function keep_log(logger: string, path: string): void {
  naming(logger, path, () => {
    // A link to the log stays.
    const { path: target } = destination_of(path)
    let n = 1
    while (lstatSync(`${target}.${n}`, { throwIfNoEntry: false })) n++
    renameSync(target, `${target}.${n}`)
  })
}
