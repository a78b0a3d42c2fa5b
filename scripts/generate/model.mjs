import { aliases, is_shown, manual_functions, manual_methods, unlisted_methods } from './manual.mjs'
import { parse_native_functions, parse_skips } from './native-functions.mjs'
import { order_overloads } from './order.mjs'

/**
 * @typedef {import('./native-functions.mjs').NativeFunction} NativeFunction
 * @typedef {import('./order.mjs').Overload} Overload
 * @typedef {Map<string, Overload[]>} Names  public name -> what is tried, in order
 * @typedef {'torch' | 'linalg' | 'fft' | 'special' | 'nn' | 'sparse' | 'nested'} Namespace
 *
 * @typedef {object} Face
 * @property {Record<Namespace, Names>} functions
 * @property {Names} methods
 * @property {Map<string, string[]>} named_results
 * @property {Record<string, string[]>} by_hand  names that Python has and no operator gives
 */

/** @type {Namespace[]} */
export const namespaces = ['torch', 'linalg', 'fft', 'special', 'nn', 'sparse', 'nested']

/**
 * @param {ReturnType<typeof import('./locate.mjs').read_sources>} sources
 * @returns {Face}
 */
export function build_face(sources) {
  const all = parse_native_functions(sources.native_functions)
  const skipped = parse_skips(sources.bindings)
  const shown = all.filter((f) => !skipped(f))
  const by_name = new Map(all.map((f) => [f.full_name, f]))

  const entries = namespaces.map((namespace) => {
    const module = namespace === 'torch' ? undefined : namespace
    const own = shown.filter((f) => f.module === module && f.function)
    return [namespace, collect(own, false, (name) => public_name(namespace, name))]
  })
  /** @type {Record<Namespace, Names>} */
  const functions = Object.fromEntries(entries)
  add_manual(functions.torch, manual_functions, by_name)
  for (const [alias, name] of Object.entries(aliases))
    functions.torch.set(alias, functions.torch.get(name) ?? [])
  const methods = collect(
    shown.filter((f) => f.module === undefined && f.method),
    true,
    without_private,
  )
  add_manual(methods, manual_methods, by_name)

  return {
    functions,
    methods,
    named_results: new Map(shown.flatMap((f) => (has_names(f) ? [[f.full_name, result_names(f)]] : []))),
    by_hand: {
      torch: missing(functions.torch, python_functions(sources.torch_face)),
      Tensor: missing(methods, [...python_methods(sources.tensor_face), ...unlisted_methods]),
    },
  }
}

/**
 * @param {NativeFunction[]} functions
 * @param {boolean} method
 * @param {(name: string) => string | undefined} name_of  undefined for what is not public
 * @returns {Names}
 */
function collect(functions, method, name_of) {
  /** @type {Map<string, NativeFunction[]>} */
  const grouped = new Map()
  for (const f of functions) {
    const name = name_of(f.name)
    if (name === undefined) continue
    const group = grouped.get(name)
    if (group === undefined) grouped.set(name, [f])
    else group.push(f)
  }
  return new Map([...grouped].map(([name, group]) => [name, order_overloads(group, method)]))
}

/** @param {string} name */
function without_private(name) {
  return name.startsWith('_') ? undefined : name
}

/**
 * `torch.linalg.norm` is the operator linalg_norm, `torch.sparse.softmax` is _sparse_softmax; torch._C._nn is taken whole.
 *
 * @param {Namespace} namespace
 * @param {string} name
 */
function public_name(namespace, name) {
  if (namespace === 'torch') return is_shown(name) ? name : undefined
  if (namespace === 'nn') return name
  const prefix = new RegExp(namespace === 'sparse' ? `^_?${namespace}_` : `^${namespace}_`)
  const short = name.replace(prefix, '')
  return short === name ? without_private(name) : without_private(short)
}

/**
 * @param {Names} names
 * @param {Record<string, string>} manual
 * @param {Map<string, NativeFunction>} by_name
 */
function add_manual(names, manual, by_name) {
  for (const [name, text] of Object.entries(manual)) {
    /** @type {Overload[]} */
    const overloads = []
    for (const word of text.split(' ')) {
      const f = by_name.get(word.replace('>', ''))
      if (f === undefined) throw new Error(`${name}: PyTorch has no operator ${word} any more`)
      const last = overloads.at(-1)
      if (word.startsWith('>') && last !== undefined) last.out = f
      else overloads.push({ base: f, out: undefined })
    }
    names.set(name, overloads)
  }
}

/** @param {NativeFunction} f */
function has_names(f) {
  return f.results.length > 1 && f.results.every((result) => result.name !== undefined)
}

/**
 * @param {NativeFunction} f
 * @returns {string[]}
 */
function result_names(f) {
  return f.results.map((result) => result.name ?? '')
}

/**
 * @param {Names} names
 * @param {string[]} python
 */
function missing(names, python) {
  return [...new Set(python)].filter((name) => !name.startsWith('_') && !names.has(name)).sort()
}

/** @param {string} pyi */
function python_functions(pyi) {
  return [...pyi.matchAll(/^def (\w+)\(/gm)].map((match) => match[1] ?? '')
}

/** @param {string} pyi */
function python_methods(pyi) {
  const body = /^class TensorBase\b.*\n((?:(?: .*)?\n)*)/m.exec(pyi)?.[1]
  if (body === undefined) throw new Error('class TensorBase is not in torch/_C/__init__.pyi any more')
  return [...body.matchAll(/^ {4}def (\w+)\(/gm)].map((match) => match[1] ?? '')
}
