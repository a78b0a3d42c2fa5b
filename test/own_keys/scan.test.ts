import path from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { inherited_reads } from './scan.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

// Reads after a question for the own key that the scan does not see, and assignments of names that are the library's.
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  // What the others use.
  'lib/own.ts': [
    'read: (given as Record<PropertyKey, unknown>)[key]',
    'write: (target as Record<string, unknown>)[key]',
    'in: key in given',
  ],
  // Asks for the methods that only a root of prototypes has.
  'lib/realm.ts': ['read: (prototype as { constructor?: { name?: unknown } }).constructor?.name'],
  // Of the dictionary's own keys.
  'lib/collections.ts': [
    'read: (this as unknown as Record<string, V>)[key]',
    'write: (this as unknown as Record<string, V>)[key]',
  ],
  'lib/python/signature.ts': ['write: given[this.names[i]!]'],
  'lib/tensor/conversions.ts': ['write: keywords[name]'],
  'lib/optim/first_steps.ts': ['write: (object as Record<string, unknown>)[name]'],
  'lib/optim/lr_scheduler/scheduler.ts': ['write: group[name]'],
  'lib/nn/utils/parametrize.ts': [
    'write: (Object.getPrototypeOf(module) as Record<string, unknown>)[tensor_name]',
  ],
  'lib/nn/utils/spectral_norm.ts': ['write: state[key]'],
  'lib/nn/utils/parametrizations.ts': ['write: state_dict[key]'],
  'lib/nn/modules/state_dict_prefix.ts': ['write: object[from]'],
  // An array's places.
  'lib/autograd/function_apply.ts': ['assign: Object.assign(result, outputs)'],
}

/** A program of the given files, or of all of lib/. */
function program_of(files?: ReadonlyMap<string, string>): ts.Program {
  const { config } = ts.readConfigFile(path.join(root, 'tsconfig.build.json'), ts.sys.readFile) as {
    config: object
  }
  const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const host = ts.createCompilerHost(options)
  if (files === undefined) return ts.createProgram(fileNames, options, host)
  const { getSourceFile } = host
  host.getSourceFile = (name, ...rest) => {
    const text = files.get(name)
    return text === undefined
      ? getSourceFile(name, ...rest)
      : ts.createSourceFile(name, text, ts.ScriptTarget.ESNext, true)
  }
  return ts.createProgram([...files.keys()], options, host)
}

/** What is found in a source file, without its line. */
function found_in(program: ts.Program, source: ts.SourceFile): string[] {
  return inherited_reads(program.getTypeChecker(), source).map(
    ({ kind, node }) => `${kind}: ${node.getText().replace(/\s+/g, ' ')}`,
  )
}

describe('reads of plain objects by name', () => {
  it('finds those that see inherited keys', () => {
    const declared = `
      import { own, own_value, table } from '${root}lib/own.js'
      interface Options { dim?: number; keepdim?: boolean; size: number }
      const KINDS: Record<string, number> = { a: 1 }
      const SAFE = table({ a: 1 })
    `
    const bad = [
      'export const f = (options: Options) => options.dim',
      "export const f = (options: Options) => options['dim']",
      'export function f({ dim = 0 }: Options) { return dim }',
      'export function f(options: Options) { const { keepdim } = options; return keepdim }',
      'export const f = (options: Options | undefined) => options?.dim',
      'export const f = (options: Partial<Options>) => options.size',
      'export const f = (name: string) => KINDS[name]',
      "export const f = (options: Options, name: 'dim' | 'size') => options[name]",
      'export const f = <K extends keyof Options>(options: Options, name: K) => options[name]',
      'export const f = (kinds: Record<string, number>) => { const { a } = kinds; return a }',
      "export const f = (options: Options) => 'dim' in options",
      'export const f = (options: Options) => { for (const key in options) console.log(key) }',
      'export const f = (target: object, given: object) => Object.assign(target, given)',
      'export const f = (made: Record<string, number>, name: string) => { made[name] = 1 }',
      'export class C { declare dim?: number; f() { return this.dim } }',
      'export const f = () => new Proxy({}, { get: () => 1 })',
    ]
    const good = [
      'export const f = (options: Options) => options.size',
      "export const f = (options: Options) => own_value(options, 'dim')",
      'export function f(given: Options) { const { dim = 0 } = own(given); return dim }',
      'export function f(options: Options) { options = own(options); return options.dim }',
      'export const f = (name: string) => SAFE[name]',
      'export const f = (name: string) => (Object.hasOwn(KINDS, name) ? KINDS[name] : 0)',
      'export const f = () => Object.keys(KINDS)',
      'export const f = () => { for (const name of Object.keys(KINDS)) console.log(KINDS[name]) }',
      'export const f = (list: number[], i: number) => list[i]',
      'export class C { dim?: number; f() { return this.dim } }',
      'export const f = (o: Options) => { for (const k in o) { if (!Object.hasOwn(o, k)) continue; console.log(k) } }',
    ]
    const files = new Map(
      [...bad, ...good].map((text, i) => [path.join(root, `lib/example${i}.ts`), declared + text]),
    )
    const program = program_of(files)
    const counts = [...files.keys()].map((name) => found_in(program, program.getSourceFile(name)!).length)
    expect(counts.map((count, i) => [[...bad, ...good][i], count])).toEqual([
      ...bad.map((text) => [text, 1]),
      ...good.map((text) => [text, 0]),
    ])
  }, 120_000)

  it('see own keys only, in all of lib/', () => {
    const program = program_of()
    const sources = program
      .getSourceFiles()
      .filter(
        ({ isDeclarationFile, fileName }) => !isDeclarationFile && !fileName.includes('/ops/generated/'),
      )
    expect(sources.length).toBeGreaterThan(500)
    const found = sources.flatMap((source) => {
      const name = path.relative(root, source.fileName)
      return found_in(program, source)
        .filter((text) => !(ALLOWED[name] ?? []).includes(text))
        .map((text) => `${name}: ${text}`)
    })
    expect(found).toEqual([])
  }, 120_000)
})
