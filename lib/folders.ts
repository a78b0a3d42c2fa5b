import { mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

const is_folder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false

/**
 * Makes a folder and those that it is in, where there are none. Node's own `recursive` tries for ever under a folder
 * that says of each new name that it does not exist, as `/proc` does.
 *
 * @throws the system's error for the first folder that cannot be made
 */
export function make_folders(path: string): void {
  const missing: string[] = []
  let at = resolve(path)
  while (!is_folder(at) && dirname(at) !== at) {
    missing.push(at)
    at = dirname(at)
  }
  for (const folder of missing.reverse()) {
    try {
      mkdirSync(folder)
    } catch (error) {
      // Another process may have made it meanwhile.
      if (!is_folder(folder)) throw error
    }
  }
}
