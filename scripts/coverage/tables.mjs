import { readFileSync } from 'node:fs'

/** @param {string} file */
function rows_of(file) {
  return readFileSync(new URL(file, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'))
}

/** The names that scripts of 25 public repositories use and that PyTorch 2.13 has. */
export function used_names() {
  const [header, ...rows] = rows_of('api-usage.tsv')
  const place = (/** @type {string} */ column) => /** @type {string[]} */ (header).indexOf(column)
  const [api, files, uses, current] = ['api', 'files', 'uses', 'in_2_13'].map(place)
  return rows
    .filter((row) => row[/** @type {number} */ (current)] === 'yes')
    .map((row) => ({
      name: String(row[/** @type {number} */ (api)]),
      files: Number(row[/** @type {number} */ (files)]),
      uses: Number(row[/** @type {number} */ (uses)]),
    }))
}

/** PyTorch's own public names (scripts/coverage/names.py). */
export function public_names() {
  return rows_of('names.tsv').map(([group, name]) => ({ group: String(group), name: `${group}.${name}` }))
}

/** Names that are left out, and why. @returns {Map<string, string>} */
export function left_out() {
  return new Map(rows_of('left-out.tsv').map(([name, reason]) => [String(name), String(reason)]))
}

const deep =
  /^(torch\.(?:nn\.(?:functional|init|utils|modules|attention|parallel)|utils\.\w+|optim\.lr_scheduler|distributed\.\w+|signal\.windows))\./
const shallow = /^(torch\.[a-z_]\w*)\.|^(torch\.Tensor)\./

/** The group that a used name is counted in. @param {string} name */
export function group_of(name) {
  const found = deep.exec(name)?.[1] ?? shallow.exec(name)
  if (typeof found === 'string') return found
  return found?.[1] ?? found?.[2] ?? /** @type {string} */ (name.split('.')[0])
}
