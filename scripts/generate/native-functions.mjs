import { parse } from 'yaml'
import { parse_schema } from './schema.mjs'

/**
 * @typedef {import('./schema.mjs').Schema & {
 *   function: boolean, method: boolean, module: string | undefined, category: string | undefined
 * }} NativeFunction  one entry of native_functions.yaml, with where Python shows it
 */

/** The fields used here; leaving out the dispatch tables parses four times as fast. */
const wanted = /^(- func| {2}(variants|python_module|tags|autogen|category_override)):/

/**
 * @param {string} yaml  native_functions.yaml
 * @returns {NativeFunction[]}
 */
export function parse_native_functions(yaml) {
  const lines = yaml.split('\n').filter((line) => wanted.test(line))
  return parse(lines.join('\n')).flatMap(native_function)
}

/**
 * @param {{ func: string, variants?: string, python_module?: string, tags?: string | string[], autogen?: string,
 *   category_override?: string }} entry
 * @returns {NativeFunction[]}
 */
function native_function(entry) {
  const variants = (entry.variants ?? 'function').split(',').map((variant) => variant.trim())
  const shown = {
    function: variants.includes('function'),
    method: variants.includes('method'),
    module: entry.python_module,
    category: entry.category_override,
  }
  const schema = parse_schema(entry.func)
  const functions = [{ ...schema, ...shown }]
  // PyTorch leaves generated operators out, except the out forms of the copying views
  if ([entry.tags].flat().includes('view_copy') && entry.autogen !== undefined) {
    for (const name of entry.autogen.split(',')) {
      functions.push({ ...parse_schema(out_form(schema, name.trim())), ...shown, method: false })
    }
  }
  return functions
}

/**
 * @param {import('./schema.mjs').Schema} schema
 * @param {string} full_name  of the out form
 */
function out_form(schema, full_name) {
  const parameters = schema.text.slice(schema.text.indexOf('(') + 1, schema.text.lastIndexOf(') -> '))
  const star = parameters.includes('*,') ? '' : ', *'
  const list = schema.results[0]?.kind.list ? '[]' : ''
  const result = list === '' ? 'Tensor(a!)' : '()'
  return `${full_name}(${parameters}${star}, Tensor(a!)${list} out) -> ${result}`
}

/**
 * Which operators PyTorch does not show to Python, or binds by hand: its own two lists, a regular expression or a
 * whole schema an entry.
 *
 * @param {string} python  gen_python_functions.py
 * @returns {(schema: import('./schema.mjs').Schema) => boolean}
 */
export function parse_skips(python) {
  const patterns = quoted_list(python, '_SKIP_PYTHON_BINDINGS').map(
    (pattern) => new RegExp(`^(?:${pattern})$`),
  )
  const signatures = new Set(quoted_list(python, 'SKIP_PYTHON_BINDINGS_SIGNATURES'))
  return (schema) => {
    const name = schema.out.length > 0 ? `${schema.name}_out` : schema.name
    return patterns.some((pattern) => pattern.test(name)) || signatures.has(schema.text)
  }
}

/**
 * @param {string} python
 * @param {string} name  of a list of strings
 */
function quoted_list(python, name) {
  const body = new RegExp(`^${name} = \\[\\n([^]*?)^\\]`, 'm').exec(python)?.[1]
  if (body === undefined) throw new Error(`${name} is not in gen_python_functions.py any more`)
  return [...body.matchAll(/^ *"(.*?)",/gm)].map((match) => match[1] ?? '')
}
