/**
 * In what order Python tries the overloads of one name: PyTorch sorts them by the text of their Python signatures,
 * then lifts the more special ones (a Tensor before a Scalar, an int before an int[], …).
 *
 * @typedef {import('./native-functions.mjs').NativeFunction} NativeFunction
 * @typedef {{ base: NativeFunction, out: NativeFunction | undefined }} Overload  a functional form and its out form
 */

/**
 * @param {NativeFunction[]} functions  of one name
 * @param {boolean} method  as a method, whose `self` is no parameter
 * @returns {Overload[]}
 */
export function order_overloads(functions, method) {
  const outs = new Map()
  for (const f of functions) if (f.out.length > 0) outs.set(signature(f, method), f)
  const overloads = functions
    .filter((f) => f.out.length === 0)
    .map((base) => ({ base, out: outs.get(signature(base, method)) }))
  const keyed = overloads.map((overload) => ({
    ...overload,
    key: signature(overload.base, method, overload.out),
  }))
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  return lift_special(
    keyed.map(({ base, out }) => ({ base, out })),
    method,
  )
}

/**
 * A linear extension of the partial order: an overload comes once every one that must come before it has.
 *
 * @param {Overload[]} overloads
 * @param {boolean} method
 */
function lift_special(overloads, method) {
  const kinds = overloads.map(({ base }) => parameters(base, method).map((parameter) => parameter.kind.text))
  const waits = new Map()
  for (const [i, a] of kinds.entries()) {
    const larger = [...kinds.keys()].filter((j) => gives_way(a, kinds[j] ?? []))
    if (larger.length > 0) waits.set(i, new Set(larger))
  }
  const order = [...kinds.keys()].filter((i) => !waits.has(i))
  for (let at = 0; at < order.length; at++) {
    for (const [j, larger] of [...waits].sort(([a], [b]) => a - b)) {
      larger.delete(order[at])
      if (larger.size > 0) continue
      waits.delete(j)
      order.push(j)
    }
  }
  return order.map((i) => /** @type {Overload} */ (overloads[i]))
}

/**
 * @param {string[]} a
 * @param {string[]} b
 */
function gives_way(a, b) {
  if (a.length !== b.length) return false
  return (
    a.some((kind, i) => kind !== b[i]) &&
    a.every((kind, i) => kind === b[i] || kind_gives_way(kind, b[i] ?? ''))
  )
}

/**
 * @param {string} a
 * @param {string} b
 */
function kind_gives_way(a, b) {
  return (
    (a === 'Scalar' && b === 'Tensor') ||
    (a === 'Scalar?' && b === 'Tensor?') ||
    (a === 'int[]' && (b === 'int' || b === 'int?')) ||
    (a === 'Tensor[]' && b.includes('[]')) ||
    (a === 'SymInt[]' && b === 'int[]') ||
    ((a === 'SymInt' || a === 'int') && b === 'Tensor')
  )
}

/**
 * @typedef {Pick<import('./schema.mjs').Argument, 'name' | 'kind' | 'default'>} Parameter
 * @param {NativeFunction} f
 * @param {boolean} method
 * @returns {Parameter[]}  Python's, in its order, without `out`
 */
function parameters(f, method) {
  return [...positional_parameters(f, method), ...keyword_parameters(f), ...tensor_options(f)]
}

/**
 * @param {NativeFunction} f
 * @param {boolean} method
 */
export function positional_parameters(f, method) {
  return f.positional.filter((parameter) => !(method && parameter.name === 'self'))
}

const option_names = ['dtype', 'layout', 'device', 'pin_memory']

/** Does the schema spell out the four options of a new tensor?
 * @param {import('./schema.mjs').Schema} f */
export function has_tensor_options(f) {
  return option_names.every((name) => f.keyword.some((parameter) => parameter.name === name))
}

/** @param {import('./schema.mjs').Schema} f */
export function keyword_parameters(f) {
  return has_tensor_options(f) ? f.keyword.filter(({ name }) => !option_names.includes(name)) : f.keyword
}

/**
 * Python gives the options of a new tensor, and requires_grad, to whatever makes one, whether the schema has them or not.
 *
 * @param {NativeFunction} f
 * @returns {Parameter[]}
 */
function tensor_options(f) {
  const is_tensor = (/** @type {{ kind: import('./schema.mjs').Kind }} */ { kind }) => kind.base === 'Tensor'
  const factory =
    f.category === 'factory' ||
    (f.results.some(is_tensor) && ![...f.positional, ...f.keyword].some(is_tensor))
  const name = f.out.length > 0 ? `${f.name}_out` : f.name
  const like = f.category === 'new' || f.category === 'like' || /^new_|_like$/.test(name)
  if (!(factory || like) || f.category === 'dummy') return []
  return [
    'ScalarType? dtype=None',
    'Layout? layout=None',
    'Device? device=None',
    'bool? pin_memory=False',
    'bool? requires_grad=False',
  ].map((text) => {
    const [type = '', name = '', value] = text.split(/[ =]/)
    const kind = {
      text: type,
      base: type.slice(0, -1),
      list: false,
      size: undefined,
      optional: true,
      optional_element: false,
    }
    return { name, kind, default: value }
  })
}

/**
 * The text that PyTorch sorts by.
 *
 * @param {NativeFunction} f
 * @param {boolean} method
 * @param {NativeFunction} [out]  its out form, whose parameter comes after the keywords
 */
function signature(f, method, out) {
  const positional = positional_parameters(f, method)
  const rest = [...keyword_parameters(f), ...out_parameter(out), ...tensor_options(f)]
  const texts = positional.map((parameter) => parameter_text(parameter, method))
  if (rest.length > 0) texts.push('*', ...rest.map((parameter) => parameter_text(parameter, method)))
  return `${f.name}(${texts.join(', ')})`
}

/**
 * @param {NativeFunction | undefined} out
 * @returns {Parameter[]}
 */
function out_parameter(out) {
  const [first, second] = out?.out ?? []
  if (first === undefined) return []
  if (second === undefined) return [{ ...first, default: 'None' }]
  const size = out?.out.length
  const kind = { ...first.kind, text: `Tensor[${size}]`, list: true, size }
  return [{ name: 'out', kind, default: 'None' }]
}

/**
 * @param {Parameter} parameter
 * @param {boolean} method
 */
function parameter_text(parameter, method) {
  const type = kind_text(parameter.kind)
  const name = parameter.name === 'self' && type === 'Tensor' && !method ? 'input' : parameter.name
  return parameter.default === undefined
    ? `${type} ${name}`
    : `${type} ${name}=${default_text(parameter.default)}`
}

/** @type {Record<string, string>} */
const cpp_names = { int: 'int64_t', float: 'double', str: 'c10::string_view' }
/** @type {Record<string, string>} */
const cpp_lists = { int: 'IntArrayRef', SymInt: 'SymIntArrayRef', Tensor: 'TensorList', Scalar: 'ScalarList' }

/** @param {import('./schema.mjs').Kind} kind */
function kind_text(kind) {
  const element = cpp_names[kind.base] ?? kind.base
  const optional = kind.optional ? '?' : ''
  if (!kind.list) return element + optional
  if (kind.optional_element) return `c10::List<::std::optional<${element}>>${optional}`
  if (kind.base === 'bool') return `::std::array<bool,${kind.size}>${optional}`
  const list = cpp_lists[kind.base]
  if (list === undefined) return `ArrayRef<${element}>${optional}`
  return list + (kind.size === undefined ? '' : `[${kind.size}]`) + optional
}

/** @param {string} value */
function default_text(value) {
  if (value === '[]') return 'None'
  if (value.startsWith('[')) return `{${value.slice(1, -1)}}`
  return value.replaceAll("'", '"')
}
