import { is_present } from './present.mjs'
import { group_of, left_out, public_names, used_names } from './tables.mjs'

/** @typedef {{ present: number, names: number, uses: number, covered: number, absent: { name: string, files: number }[] }} Tally */

/** Names that are left out, and why. */
export const reasons = left_out()

/**
 * @param {Iterable<{ name: string, group: string, files: number, uses: number }>} rows
 * @returns {Map<string, Tally>}
 */
function tally(rows) {
  /** @type {Map<string, Tally>} */
  const groups = new Map()
  for (const { name, group, files, uses } of rows) {
    const found = groups.get(group) ?? { present: 0, names: 0, uses: 0, covered: 0, absent: [] }
    groups.set(group, found)
    found.names++
    found.uses += uses
    if (is_present(name) && !reasons.has(name)) {
      found.present++
      found.covered += uses
    } else found.absent.push({ name, files })
  }
  for (const { absent } of groups.values()) absent.sort((a, b) => b.files - a.files)
  return groups
}

/** Names that scripts use, by group. */
export const count_used = () => tally(used_names().map((row) => ({ ...row, group: group_of(row.name) })))

/** PyTorch's own public names, by module. */
export const count_public = () => tally(public_names().map((row) => ({ ...row, files: 0, uses: 0 })))
