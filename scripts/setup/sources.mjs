import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { ROOT } from './config.mjs'

/** The files the addon is made of, relative to the project. */
export function native_files(root = ROOT) {
  const native = fs
    .readdirSync(path.join(root, 'native'), { recursive: true })
    .filter((name) => /\.(cpp|h)$/.test(name))
    .map((name) => path.join('native', name))
  return ['CMakeLists.txt', ...native].sort()
}

/** One hash over names and contents: it tells whether a binary belongs to these sources. */
export function source_hash(root = ROOT) {
  const hash = createHash('sha256')
  for (const name of native_files(root)) {
    hash
      .update(`${name}\0`)
      .update(fs.readFileSync(path.join(root, name)))
      .update('\0')
  }
  return hash.digest('hex')
}
