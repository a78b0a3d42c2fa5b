import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'
import { native } from '../../dist/native.js'

// Numbers and words that stand both in lib/ and in LibTorch or the addon: each test reads both sides.

const root = fileURLToPath(new URL('../../', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const { constants } = native

type Coded = { name: string } & Record<symbol, number>
/** The number behind a dtype, a layout or the like. */
function code_of(value: object): number {
  const [key] = Object.getOwnPropertySymbols(value)
  return (value as Coded)[key!]!
}
/** What torch exports of a class, each once, by its number. */
function exported<T extends object>(kind: new (...args: never[]) => T): T[] {
  const found: T[] = []
  for (const value of Object.values(torch))
    if ((value as unknown) instanceof kind) found[code_of(value as T)] = value as unknown as T
  return found
}

describe('enumerations of LibTorch’s', () => {
  it('are the dtypes, with their sizes and kinds', () => {
    const ours = exported(torch.DType as never) as torch.DType[]
    expect(ours.map((d) => [d.name, d.itemsize, d.is_floating_point, d.is_complex])).toEqual(constants.dtypes)
  })

  it('are the layouts', () => {
    const ours = exported(torch.Layout as never) as torch.Layout[]
    const plain = (name: string) =>
      name
        .toLowerCase()
        .replaceAll('_', '')
        .replace(/^sparsecoo$/, 'sparse')
    const all = constants.layouts.map((name, code) => ours[code]?.name ?? `_${name.toLowerCase()}`)
    expect(all.map(plain)).toEqual(constants.layouts.map((name) => name.toLowerCase()))
  })

  it('are the memory formats', () => {
    const ours = exported(torch.MemoryFormat as never) as torch.MemoryFormat[]
    const plain = (name: string) => name.replace(/_format$/, '').replaceAll('_', '')
    expect(ours.map((format) => plain(format.name))).toEqual(
      constants.memory_formats.map((name) => name.toLowerCase()),
    )
  })

  it('are the quantization schemes', () => {
    const ours = exported(torch.QScheme as never) as torch.QScheme[]
    expect(ours.map((scheme) => scheme.name)).toEqual(constants.qschemes)
  })

  const header = join(root, 'build/libtorch/include/ATen/dlpack.h')
  it.skipIf(!existsSync(header))('are DLPack’s devices', () => {
    const theirs = new Map(
      [...readFileSync(header, 'utf8').matchAll(/\b(kDL\w+) = (\d+),/g)].map(([, name, code]) => [
        name,
        Number(code),
      ]),
    )
    const ours = Object.entries(torch.utils.dlpack.DLDeviceType)
    expect(ours.length).toBeGreaterThan(10)
    for (const [name, code] of ours) expect([name, code]).toEqual([name, theirs.get(name)])
  })
})

describe('words of the addon’s', () => {
  const sources = (folder: string) =>
    (readdirSync(join(root, folder), { recursive: true }) as string[])
      .filter((name) => name.endsWith('.ts'))
      .map((name) => read(join(folder, name)))
      .join('\n')

  it('are the kinds of arguments, in lib/ops', () => {
    const text = [
      ...['match', 'results', 'ways', 'plan', 'complaint'].map((name) => read(`lib/ops/${name}.ts`)),
    ].join('\n')
    const used = new Set(
      [...text.matchAll(/(?:case |kind === |^ {2})'((?:torch\.)?\w+\??(?:\[\])?)'/gm)].map(
        ([, kind]) => kind!,
      ),
    )
    expect(used.size).toBeGreaterThan(15)
    for (const kind of ['array', 'object', 'function', 'string', 'number', 'boolean', 'undefined', 'bigint'])
      used.delete(kind)
    expect([...used].filter((kind) => !constants.kinds.includes(kind))).toEqual([])
  })

  it('are the classes of errors', () => {
    const kinds = [...read('native/guard.cpp').matchAll(/(?:kind = |\{|raise\()"([A-Z]\w+)"/g)].map(
      ([, kind]) => kind!,
    )
    expect(new Set(kinds).size).toBeGreaterThan(10)
    const known = read('lib/errors.ts').match(/const classes = [^{]+\{([^}]+)\}/)![1]!
    // torch.distributed's is a RuntimeError; that of disposed tensors is made by lib/tensor.ts.
    const others = ['DistError', 'DisposedError']
    expect(
      kinds.filter((kind) => !new RegExp(`\\b${kind}\\b`).test(known) && !others.includes(kind)),
    ).toEqual([])
  })

  it('are the switches', () => {
    const used = new Set([...sources('lib').matchAll(/context_[gs]et\('(\w+)'/g)].map(([, name]) => name!))
    expect(used.size).toBeGreaterThan(8)
    for (const name of used) expect(typeof native.context_get(name), name).toBe('boolean')
  })
})

describe('what the addon’s steps of optimizers take', () => {
  const families = ['adadelta', 'adagrad', 'adamax', 'asgd', 'nadam', 'radam', 'rmsprop', 'rprop', 'sgd']
  // Pairs of options are two numbers.
  const pairs: Record<string, string> = {
    '...betas': 'beta1, beta2',
    '...etas': 'etaminus, etaplus',
    '...step_sizes': 'least, most',
  }

  it.each(families)('%s: the options, in the same order', (family) => {
    const [, ours] = read(`lib/optim/${family}.ts`).match(/numbers: \[([^\]]+)\]/)!
    const [, theirs] = read(`native/optim/${family}.cpp`).match(/^ {2}double ([^;]+);/m)!
    expect(ours!.replace(/\.\.\.\w+/g, (pair) => pairs[pair]!)).toBe(theirs)
  })

  it.each(families)('%s: the tensors of the state, in the same order', (family) => {
    const text = read(`lib/optim/${family}.ts`)
    const native_step = text.slice(text.indexOf('NativeStep | null {'))
    const ours = [...native_step.slice(0, native_step.indexOf('numbers: [')).matchAll(/'([a-z_]+)'/g)]
      .map(([, name]) => name!)
      .filter((name) => !name.endsWith('_step'))
    const [, theirs] = read(`native/optim/${family}.cpp`).match(
      /\n\n {2}\/\/ ([^\n]+)\n {2}size_t states\(\)/,
    )!
    const words = theirs!.split(/, then |, | and /).map((word) => word.replace(/ where .*$/, ''))
    expect(ours).toEqual(words)
  })
})

it('no error’s text says what happens next', () => {
  const found: string[] = []
  for (const name of readdirSync(join(root, 'lib'), { recursive: true }) as string[]) {
    if (!name.endsWith('.ts') || name.includes('generated')) continue
    for (const [line] of read(join('lib', name)).matchAll(
      /.*(?:\.message\.(?:includes|startsWith|endsWith|match|search|indexOf)\(|\.test\([\w.]*(?:message|reason)\)|\.message [!=]==).*/g,
    ))
      found.push(`${name}: ${line.trim()}`)
  }
  const allowed = [
    // V8 has no class and no code for a stack that overflows.
    "serialization/pickler.ts: return is_error(error) && error.name === 'RangeError' && /call stack/",
    // Adds advice to the text, and does nothing else.
    'ops/integer_advice.ts: if (!WANTS_INTEGERS.some(',
  ]
  expect(found.filter((line) => !allowed.some((start) => line.startsWith(start)))).toEqual([])
})
