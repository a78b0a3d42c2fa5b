import { call_forms, safe_name } from './forms.mjs'
import { quote, sorted } from './write-face.mjs'

const types = [
  'Complex',
  'DType',
  'DeviceLike',
  'Generator',
  'IntList',
  'Layout',
  'MemoryFormat',
  'Scalar',
  'Storage',
  'Stream',
  'Tensor',
]
const helpers = ['Int', 'IntOrList', 'Named', 'Several', 'TensorOptions']

/** kinds.ts: the types that the generated declarations share. */
export function write_kinds() {
  return `import type { DeviceLike, DType, IntList, Layout, Tensor } from '../types.js'

export type { Several } from '../../tensor/several.js'

/** A whole number. */
export type Int = number | bigint

/** Where PyTorch takes a list of a fixed size, one number stands for all of them. */
export type IntOrList = Int | IntList

// A field hides the array's member of its name: \`values\` is a tensor there, and no iterator.
type Entries<Types extends readonly unknown[], Fields> = [Fields & keyof readonly unknown[]] extends [never]
  ? Readonly<Types>
  : Omit<Readonly<Types>, Fields & keyof readonly unknown[]>

/** A tuple of results, by place and by name. */
export type Named<
  Names extends readonly string[],
  Types extends readonly unknown[] = { [I in keyof Names]: Tensor },
> = Entries<Types, Names[number]> & {
  readonly [I in keyof Names & \`\${number}\` as Names[I] & string]: Types[I & keyof Types]
}

/** How a new tensor is made. */
export interface TensorOptions {
  /** Default: torch.get_default_dtype(), or that of the tensor it is made like. */
  dtype?: DType | null
  /** Default: torch.strided, or that of the tensor it is made like. */
  layout?: Layout | null
  /** Default: the default device, or that of the tensor it is made like. */
  device?: DeviceLike | null
  /** Whether a CPU tensor is allocated in pinned memory. Default: false. */
  pin_memory?: boolean | null
  /** Whether operations on the tensor are recorded. Default: false. */
  requires_grad?: boolean
}
`
}

/**
 * torch.ts, linalg.ts, …: one constant a function, bound at its first call.
 *
 * @param {import('./model.mjs').Namespace} namespace
 * @param {import('./model.mjs').Names} names
 */
export function write_functions(namespace, names) {
  const place = namespace === 'torch' ? '' : `, '${namespace}'`
  const body = sorted(names).map(([name, overloads]) => {
    const own = safe_name(name)
    const forms = signatures(overloads, false, '')
    const text = `const ${own}: {\n${forms.join('\n')}\n} = bind_function(${quote(name)}${place})`
    return own === name ? `export ${text}` : `${text}\nexport { ${own} as ${name} }`
  })
  return with_imports(body.join('\n\n'), "import { bind_function } from '../bind.js'\n")
}

/**
 * methods.ts: what class Tensor is declared to have beside its hand-written members.
 *
 * @param {import('./model.mjs').Names} names
 */
export function write_methods(names) {
  const body = sorted(names).flatMap(([name, overloads]) => signatures(overloads, true, name))
  return with_imports(
    `/** Methods of Tensor that are operators. */\nexport interface TensorMethods {\n${body.join('\n')}\n}`,
    '',
  )
}

/**
 * @param {import('./model.mjs').Overload[]} overloads
 * @param {boolean} method
 * @param {string} name  before each signature
 */
function signatures(overloads, method, name) {
  const seen = new Set()
  return overloads.flatMap((overload) => {
    const forms = call_forms(overload, method).filter((form) => !seen.has(form))
    for (const form of forms) seen.add(form)
    return forms.map((form, i) => `${i === 0 ? `  /** \`${overload.base.text}\` */\n` : ''}  ${name}${form}`)
  })
}

/**
 * @param {string} body
 * @param {string} first
 */
function with_imports(body, first) {
  const used = (/** @type {string[]} */ names) =>
    names.filter((name) => new RegExp(`\\b${name}\\b`).test(body.replace(/\/\*\*.*?\*\//g, '')))
  const lines = [
    ['../types.js', used(types)],
    ['./kinds.js', used(helpers)],
  ].map(([from, names]) =>
    names?.length ? `import type { ${[names].flat().join(', ')} } from '${from}'\n` : '',
  )
  return `${first}${lines.join('')}\n${body}\n`
}
