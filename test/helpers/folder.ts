import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/** A new folder that is gone when the tests of the file are over; returns what makes paths in it. */
export function temporary_folder(): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'typetorch-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  return (name) => join(folder, name)
}
