import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/** A file system of its own, of a few kibibytes. */
export interface SmallDisk {
  /** Makes a path on it. */
  path: (name: string) => string
  set_read_only: (read_only: boolean) => void
}

const run = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0

/** Mounts one until the tests of the file are over; null where this process may not mount. */
export function small_disk(kibibytes: number): SmallDisk | null {
  const folder = mkdtempSync(join(tmpdir(), 'typetorch-disk-'))
  if (!run('mount', '-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'tmpfs', folder)) {
    rmdirSync(folder)
    return null
  }
  afterAll(() => {
    if (run('umount', folder)) rmdirSync(folder)
  })
  return {
    path: (name) => join(folder, name),
    set_read_only(read_only) {
      if (!run('mount', '-o', `remount,${read_only ? 'ro' : 'rw'}`, folder))
        throw new Error(`${folder} cannot be mounted anew`)
    },
  }
}
