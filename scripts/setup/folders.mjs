import fs from 'node:fs'
import path from 'node:path'

const is_folder = (name) => fs.statSync(name, { throwIfNoEntry: false })?.isDirectory() ?? false

/**
 * Makes a folder and those that it is in, as lib/folders.ts does: Node's own `recursive` never ends under /proc. The
 * scripts run before anything is compiled.
 *
 * @param {number} [mode] of those that are made
 */
export function make_folders(name, mode = 0o755) {
  const missing = []
  let at = path.resolve(name)
  while (!is_folder(at) && path.dirname(at) !== at) {
    missing.push(at)
    at = path.dirname(at)
  }
  for (const folder of missing.reverse()) {
    try {
      fs.mkdirSync(folder, { mode })
    } catch (error) {
      if (!is_folder(folder)) throw error
    }
  }
}
