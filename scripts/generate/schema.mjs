/**
 * Parses the schema strings of native_functions.yaml, such as
 * `max.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)`.
 *
 * @typedef {object} Kind
 * @property {string} text       without alias annotations: `int[1]?`
 * @property {string} base       `Tensor`, `int`, …
 * @property {boolean} list
 * @property {number | undefined} size   of a list of fixed size, which one number may stand for
 * @property {boolean} optional
 * @property {boolean} optional_element  `Tensor?[]`
 *
 * @typedef {object} Argument
 * @property {string} name
 * @property {Kind} kind
 * @property {string | undefined} default
 * @property {boolean} written   the operator changes it: `Tensor(a!)`
 *
 * @typedef {object} Result
 * @property {string | undefined} name
 * @property {Kind} kind
 *
 * @typedef {object} Schema
 * @property {string} text
 * @property {string} name       `add_`
 * @property {string} overload   `Tensor`, or empty
 * @property {string} full_name  `add_.Tensor`, or `relu` where the overload has no name
 * @property {Argument[]} positional
 * @property {Argument[]} keyword   keyword-only, those of `out` not among them
 * @property {Argument[]} out
 * @property {Result[]} results
 */

/**
 * @param {string} text
 * @returns {Schema}
 */
export function parse_schema(text) {
  const match = /^([\w]+)(?:\.(\w+))?\((.*)\) -> (.+)$/.exec(text.trim())
  if (match === null) throw new Error(`not a schema: ${text}`)
  const [, name = '', overload = '', parameters = '', results = ''] = match
  const parts = split(parameters)
  const star = parts.indexOf('*')
  const before = star < 0 ? parts : parts.slice(0, star)
  const after = star < 0 ? [] : parts.slice(star + 1).map(parse_argument)
  return {
    text: text.trim(),
    name,
    overload,
    full_name: overload === '' ? name : `${name}.${overload}`,
    positional: before.map(parse_argument),
    keyword: after.filter((argument) => !argument.written),
    out: after.filter((argument) => argument.written),
    results: parse_results(results),
  }
}

/**
 * @param {string} text  `Tensor(a!) self`, `int[1]? dim=None`
 * @returns {Argument}
 */
function parse_argument(text) {
  const match = /^(.+?) (\w+)(?:=(.+))?$/.exec(without_alias_spaces(text))
  if (match === null) throw new Error(`not an argument: ${text}`)
  const [, type = '', name = '', value] = match
  return { name, kind: parse_kind(type), default: value, written: type.includes('!') }
}

/**
 * @param {string} text  `Tensor`, `()`, `(Tensor values, Tensor indices)`
 * @returns {Result[]}
 */
function parse_results(text) {
  const inner = text.startsWith('(') ? text.slice(1, -1) : text
  return split(inner).map((part) => {
    const [type = '', name] = without_alias_spaces(part).split(' ')
    return { kind: parse_kind(type), name }
  })
}

/**
 * @param {string} type
 * @returns {Kind}
 */
export function parse_kind(type) {
  const text = type.replace(/\([^)]*\)/g, '')
  const match = /^(\w+)(\?)?(?:(\[(\d*)\])(\?)?)?$/.exec(text)
  if (match === null) throw new Error(`not a type: ${type}`)
  const [, base = '', inner, list, size, outer] = match
  return {
    text,
    base,
    list: list !== undefined,
    size: size ? Number(size) : undefined,
    optional: list === undefined ? inner !== undefined : outer !== undefined,
    optional_element: list !== undefined && inner !== undefined,
  }
}

/** `Tensor(a -> *) self` has spaces inside the alias annotation, which would be taken for the end of the type.
 * @param {string} text */
function without_alias_spaces(text) {
  return text.replace(/\([^)]*\)/g, (alias) => alias.replaceAll(' ', ''))
}

/**
 * Splits at the commas that are outside of every bracket and quotation.
 *
 * @param {string} text
 * @returns {string[]}
 */
function split(text) {
  const parts = []
  let depth = 0
  let quoted = false
  let start = 0
  for (let i = 0; i < text.length; i++) {
    const c = text[i]
    if (c === "'") quoted = !quoted
    if (quoted) continue
    if (c === '(' || c === '[') depth++
    else if (c === ')' || c === ']') depth--
    else if (c === ',' && depth === 0) {
      parts.push(text.slice(start, i).trim())
      start = i + 1
    }
  }
  const last = text.slice(start).trim()
  return last === '' ? parts : [...parts, last]
}
