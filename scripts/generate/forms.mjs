import { out_type, parameter_type, result_type } from './kinds.mjs'
import { has_tensor_options, keyword_parameters, positional_parameters } from './order.mjs'

/**
 * The forms in which one overload may be called: every parameter by position, and for each number of positional ones
 * the rest as keywords in the trailing object.
 *
 * @typedef {{ name: string, type: string, required: boolean }} Parameter
 * @typedef {{ positional: Parameter[], keyword: Parameter[], tensor_options: boolean, result: string,
 *   varargs: boolean }} Call
 */

/**
 * @param {import('./order.mjs').Overload} overload
 * @param {boolean} method
 * @returns {string[]} call signatures, without a name
 */
export function call_forms(overload, method) {
  const call = describe(overload, method)
  const { positional, keyword, result } = call
  const forms = []
  if (call.varargs) forms.push(...varargs_forms(call))
  const options = options_type(keyword, call.tensor_options)
  const must = keyword.some((parameter) => parameter.required)
  if (options === undefined) forms.push([positional_texts(positional)])
  else if (!must) forms.push([...positional_texts(positional), `options?: ${options}`])
  else forms.push([...positional_texts(positional, true), `options: ${options}`])
  // a function keeps its first argument in its place: what it works on
  for (let count = positional.length - 1; count >= (method ? 0 : 1); count--) {
    const tail = [...positional.slice(count), ...keyword]
    const type = options_type(tail, call.tensor_options)
    forms.push([...positional_texts(positional.slice(0, count), true), `options: ${type}`])
  }
  return forms.map((parameters) => `(${parameters.flat().join(', ')}): ${result}`)
}

/**
 * @param {import('./order.mjs').Overload} overload
 * @param {boolean} method
 * @returns {Call}
 */
function describe({ base, out }, method) {
  const describe_one = (/** @type {import('./schema.mjs').Argument} */ parameter) => ({
    name: parameter.name === 'self' && !parameter.kind.list ? 'input' : parameter.name,
    type: parameter_type(parameter.kind, base),
    // Of a schema that is there for the generator; without one, another schema is called.
    required: parameter.default === undefined && parameter.name !== 'generator',
  })
  const positional = positional_parameters(base, method)
  const keyword = keyword_parameters(base).map(describe_one)
  if (out !== undefined) keyword.push({ name: 'out', type: out_type(out), required: false })
  const [only] = positional
  return {
    positional: positional.map(describe_one),
    keyword,
    tensor_options: has_tensor_options(base),
    result: result_type(base, method),
    // PyTorch: an integer list that is the one positional parameter may be spread
    varargs:
      positional.length === 1 &&
      only !== undefined &&
      only.kind.list &&
      /^(Sym)?[iI]nt$/.test(only.kind.base),
  }
}

/** @param {Call} call */
function varargs_forms({ positional, keyword, tensor_options }) {
  const name = positional[0]?.name
  const options = options_type(keyword, tensor_options)
  const forms = keyword.some((parameter) => parameter.required) ? [] : [[`...${name}: Int[]`]]
  if (options !== undefined) forms.push([`...args: [...${name}: Int[], options: ${options}]`])
  return forms
}

/**
 * A parameter with a default before one without stays required: TypeScript wants the optional ones last.
 *
 * @param {Parameter[]} parameters
 * @param {boolean} [all]  whether every one is given
 */
function positional_texts(parameters, all = false) {
  const last_required = parameters.findLastIndex((parameter) => parameter.required)
  return parameters.map(({ name, type }, i) => {
    const optional = !all && i > last_required
    return `${safe_name(name)}${optional ? '?' : ''}: ${type}`
  })
}

/**
 * @param {Parameter[]} parameters
 * @param {boolean} tensor_options
 */
function options_type(parameters, tensor_options) {
  const fields = parameters.map(({ name, type, required }) => `${name}${required ? '' : '?'}: ${type}`)
  const own = fields.length === 0 ? undefined : `{ ${fields.join('; ')} }`
  if (!tensor_options) return own
  return own === undefined ? 'TensorOptions' : `TensorOptions & ${own}`
}

const reserved = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends ' +
    'false finally for function if implements import in instanceof interface let new null package private protected ' +
    'public return static super switch this throw true try typeof var void while with yield'
  ).split(' '),
)

/** A name that may be declared in JavaScript. @param {string} name */
export function safe_name(name) {
  return reserved.has(name) ? `${name}_` : name
}
