import fs from 'node:fs'
import path from 'node:path'

const NAME = 'manifest.json'

/** Writes what a cached folder must hold: `files` maps each path to its size in bytes. */
export function write_manifest(folder, manifest) {
  fs.writeFileSync(path.join(folder, NAME), `${JSON.stringify(manifest)}\n`)
}

/** Why a cached folder cannot be used, or null: sizes only, so that it may be asked at each install. */
export function manifest_problem(folder) {
  let manifest
  try {
    manifest = JSON.parse(fs.readFileSync(path.join(folder, NAME), 'utf8'))
  } catch {
    return `is broken: no readable ${NAME}`
  }
  for (const [name, size] of Object.entries(manifest.files)) {
    const found = fs.statSync(path.join(folder, name), { throwIfNoEntry: false })?.size
    if (found === undefined) return `is broken: ${name} is missing`
    if (found !== size) return `is broken: ${name} has ${found} bytes, not ${size}`
  }
  return null
}
