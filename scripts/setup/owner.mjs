import fs from 'node:fs'

const OTHERS_WRITE = 0o022

/**
 * Why what lies at a path must not be run, or null: code in a cache is as good as what wrote it there. It must belong to
 * this user or to root, and nobody else may write it; a link may have been laid by anybody.
 */
export function owner_problem(name) {
  const found = fs.lstatSync(name, { throwIfNoEntry: false })
  if (found === undefined) return null
  const own = process.geteuid()
  if (found.isSymbolicLink()) return 'is a link'
  if (found.uid !== own && found.uid !== 0) return `belongs to another user (${found.uid}, not ${own})`
  if (found.mode & OTHERS_WRITE) return `may be written by others (mode ${(found.mode & 0o777).toString(8)})`
  return null
}

/** The same for the cache itself, which its user may have put on another disk by a link. */
export function cache_problem(folder) {
  const found = fs.lstatSync(folder, { throwIfNoEntry: false })
  if (!found?.isSymbolicLink()) return owner_problem(folder)
  if (found.uid !== process.geteuid() && found.uid !== 0) return 'is a link of another user'
  return fs.existsSync(folder) ? owner_problem(fs.realpathSync(folder)) : null
}
