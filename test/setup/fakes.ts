import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'

/** A folder that is gone when the test is over; its name has a space and letters beyond ASCII. */
export function temporary_folder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'typetorch größe 試 '))
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function write(folder: string, files: Record<string, string>): string {
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    fs.writeFileSync(path.join(folder, name), text)
  }
  return folder
}

/** What set-up takes for a Python torch package, with nothing inside. */
export function fake_torch(folder: string, version: string): string {
  return write(folder, {
    'lib/libtorch_cpu.so': '',
    'include/torch/library.h': '',
    'version.py': `from typing import Optional\n__version__ = '${version}'\ncuda: Optional[str] = None\n`,
  })
}

/** Programs for a PATH of their own: each a shell script. */
export function fake_programs(folder: string, programs: Record<string, string>): string {
  for (const [name, script] of Object.entries(programs)) {
    write(folder, { [name]: `#!/bin/sh\n${script}\n` })
    fs.chmodSync(path.join(folder, name), 0o755)
  }
  return folder
}
