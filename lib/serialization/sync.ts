import { closeSync, constants, openSync } from 'node:fs'
import { constants as system } from 'node:os'
import { native } from '../native.js'
import { system_error } from './system_error.js'

/** Has all of a file's bytes reach the disk. */
export function sync(file: number): void {
  const refused = native.sync_file(file)
  if (refused !== 0) throw system_error(refused, 'fsync')
}

/** The same for a folder's names. Where a folder may not be read, or its disk has no such call, there is no more to do. */
export function sync_folder(path: string): void {
  let folder: number
  try {
    folder = openSync(path, constants.O_RDONLY)
  } catch {
    return
  }
  try {
    const refused = native.sync_file(folder)
    if (refused === system.errno.EIO) throw system_error(refused, 'fsync')
  } finally {
    closeSync(folder)
  }
}
