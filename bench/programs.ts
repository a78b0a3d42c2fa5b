import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'
import { check_tools, read_libtorch } from '../scripts/setup/build.mjs'
import { BUILD, ROOT } from '../scripts/setup/config.mjs'
import { live_python } from '../scripts/setup/python.mjs'
import { progress } from './runner.js'

export const PROGRAM_IDS = [
  'python',
  'python_tuned',
  'cpp',
  'cpp_tuned',
  'cpp_allocator',
  'typetorch',
] as const
export type ProgramId = (typeof PROGRAM_IDS)[number]
export type Script = 'tutorial' | 'operators' | 'import' | 'train' | 'overhead' | 'loader'

interface Command {
  file: string
  args: string[]
  env: Record<string, string>
}

export interface Program {
  id: ProgramId
  label: string
  command(script: Script): Command
}

export const LABELS: Record<ProgramId, string> = {
  python: 'Python',
  python_tuned: 'Python, malloc tuned',
  cpp: 'C++',
  cpp_tuned: 'C++, malloc tuned',
  cpp_allocator: 'C++, caching allocator',
  typetorch: 'typetorch',
}

// glibc's malloc keeps what is freed: nothing is mapped by itself, nothing is given back.
const MALLOC_TUNED = {
  MALLOC_MMAP_THRESHOLD_: String(2 ** 30),
  MALLOC_TRIM_THRESHOLD_: String(2 ** 31 - 1),
  MALLOC_TOP_PAD_: String(64 * 2 ** 20),
}

/** Makes ready what `ids` names and says of each that cannot be run why. */
export function prepare_programs(ids: readonly ProgramId[]): { programs: Program[]; missing: string[] } {
  const missing: string[] = []
  const commands: Partial<Record<ProgramId, Program['command']>> = {}
  const prepare = (members: ProgramId[], make: () => (id: ProgramId) => Program['command']) => {
    const wanted = members.filter((id) => ids.includes(id))
    if (wanted.length === 0) return
    try {
      const command = make()
      for (const id of wanted) commands[id] = command(id)
    } catch (error) {
      missing.push(`not measured: ${wanted.map((id) => LABELS[id]).join('; ')}: ${(error as Error).message}`)
    }
  }
  prepare(['python', 'python_tuned'], python_programs)
  prepare(['cpp', 'cpp_tuned', 'cpp_allocator'], cpp_programs)
  prepare(['typetorch'], typetorch_programs)
  const programs = ids.flatMap((id) => {
    const command = commands[id]
    return command ? [{ id, label: LABELS[id], command }] : []
  })
  return { programs, missing }
}

function python_programs() {
  progress('looking for a Python with torch')
  const live = live_python()
  if (!live) throw new Error('no Python with the supported torch; get one with: npm run setup:python')
  return (id: ProgramId) => (script: Script) => ({
    file: live.python,
    args: [path.join(ROOT, 'bench/python', `${script}.py`)],
    env: { ...live.env, ...(id === 'python_tuned' ? MALLOC_TUNED : {}) },
  })
}

function cpp_programs() {
  progress('building bench/cpp')
  check_tools()
  const source = path.join(ROOT, 'bench/cpp')
  const build = path.join(BUILD, 'bench/cpp')
  run_cmake(['-S', source, '-B', build, `-DLIBTORCH=${read_libtorch().path}`])
  run_cmake(['--build', build])
  return (id: ProgramId) => (script: Script) => ({
    file: path.join(build, script),
    args: id === 'cpp_allocator' ? ['--allocator'] : [],
    env: id === 'cpp_tuned' ? MALLOC_TUNED : {},
  })
}

function run_cmake(args: string[]): void {
  const { status, stdout, stderr } = spawnSync('cmake', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`cmake ${args.join(' ')} failed\n${stdout}${stderr}`)
}

// Compiled ahead, so that no loader of TypeScript takes part in the time or the memory.
function typetorch_programs() {
  if (!existsSync(path.join(ROOT, 'dist/index.js'))) {
    throw new Error('dist/index.js is not there; build it with: npm run build:all')
  }
  const source = path.join(ROOT, 'bench/typetorch')
  const out = path.join(BUILD, 'bench')
  for (const name of readdirSync(source, { encoding: 'utf8', recursive: true })) {
    if (!name.endsWith('.ts')) continue
    mkdirSync(path.dirname(path.join(out, name)), { recursive: true })
    const { outputText } = ts.transpileModule(readFileSync(path.join(source, name), 'utf8'), {
      compilerOptions: {
        target: ts.ScriptTarget.ES2023,
        module: ts.ModuleKind.ES2022,
        verbatimModuleSyntax: true,
      },
    })
    writeFileSync(path.join(out, name.replace(/\.ts$/, '.js')), outputText)
  }
  return () => (script: Script) => ({
    file: process.execPath,
    args: [path.join(out, `${script}.js`)],
    env: {},
  })
}
