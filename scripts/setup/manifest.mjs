import fs from 'node:fs'
import path from 'node:path'
import { cache_problem, owner_problem } from './owner.mjs'

const NAME = 'manifest.json'

/** Writes what a cached folder must hold: `files` maps each path to its size in bytes. */
export function write_manifest(folder, manifest) {
  fs.writeFileSync(path.join(folder, NAME), `${JSON.stringify(manifest)}\n`, { mode: 0o644 })
}

/**
 * Why a cached folder cannot be used, or null: that nobody else could write any of it, and the sizes, so that it may be
 * asked at each install.
 */
export function manifest_problem(folder) {
  const foreign = cache_problem(path.dirname(folder)) ?? owner_problem(folder)
  if (foreign) return foreign
  let files
  try {
    const name = path.join(folder, NAME)
    const problem = owner_problem(name)
    if (problem) return `cannot be trusted: ${NAME} ${problem}`
    files = Object.entries(JSON.parse(fs.readFileSync(name, 'utf8')).files)
  } catch {
    return `is broken: no readable ${NAME}`
  }
  for (const [name, size] of files) {
    const found = fs.lstatSync(path.join(folder, name), { throwIfNoEntry: false })
    if (found === undefined) return `is broken: ${name} is missing`
    if (found.isFile() && found.size !== size)
      return `is broken: ${name} has ${found.size} bytes, not ${size}`
  }
  for (const name of with_folders(files.map(([name]) => name))) {
    const problem = owner_problem(path.join(folder, name))
    if (problem) return `cannot be trusted: ${name} ${problem}`
  }
  return null
}

/** The names, and those of all folders on the way to them. */
function with_folders(names) {
  const all = new Set(names)
  for (const name of names)
    for (let at = path.dirname(name); at !== '.' && at !== '/' && !all.has(at); at = path.dirname(at))
      all.add(at)
  return all
}
