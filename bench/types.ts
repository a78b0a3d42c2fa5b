import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { BUILD, ROOT } from '../scripts/setup/config.mjs'
import type { Program } from './programs.js'
import type { Report, Settings } from './runner.js'
import { ChildError, median, number_text, progress, ratio_text } from './runner.js'

const GOAL_S = 0.5
const COMPILERS = ['typescript-5.5', 'typescript', 'typescript-7.0']
const FILES = {
  bare: 'export const x: number = 1\n',
  full: `import * as torch from 'typetorch'
import { nn } from 'typetorch'
const model = new nn.Sequential(new nn.Linear(3, 4), new nn.ReLU(), new nn.Linear(4, 1))
export const y = model(torch.randn(2, 3)).sum(0, { keepdim: true }).add(1)
`,
}
type File = keyof typeof FILES

interface Row {
  compiler: string
  skip_lib_check: boolean
  seconds: Record<File, number[]>
}

/** What the package's types cost the compiler: a file that imports it beside one that does not. */
export async function bench_types(_programs: Program[], settings: Settings): Promise<Report> {
  const rounds = settings.rounds ?? (settings.quick ? 1 : 5)
  const folder = path.join(BUILD, 'bench/types')
  mkdirSync(folder, { recursive: true })
  const found = COMPILERS.filter((name) => existsSync(path.join(ROOT, 'node_modules', name)))
  const rows: Row[] = found.flatMap((name) =>
    [true, false].map((skip_lib_check) => ({
      compiler: name,
      skip_lib_check,
      seconds: { bare: [], full: [] },
    })),
  )
  for (let round = 1; round <= rounds; round++) {
    for (const { compiler, skip_lib_check, seconds } of rows) {
      progress(`types, round ${round} of ${rounds}: ${compiler}`)
      for (const file of Object.keys(FILES) as File[])
        seconds[file].push(check(folder, file, compiler, skip_lib_check))
    }
  }
  progress('')
  return {
    part: 'types',
    how:
      'Type-checking one file by a fresh compiler, with `strict` and the types of Node: one that imports nothing, and ' +
      `one that imports the package and calls it; medians of ${rounds} interleaved rounds. The goal is held with ` +
      '`skipLibCheck`, as new projects have it; without it the compiler checks the declarations themselves too.',
    tables: [
      {
        caption: 'Seconds, from start to end of the compiler',
        header: ['TypeScript', '`skipLibCheck`', 'imports nothing', 'imports the package', 'more'],
        rows: rows.map(({ compiler, skip_lib_check, seconds }) => {
          const [bare, full] = [median(seconds.bare), median(seconds.full)]
          return [
            version_of(compiler),
            String(skip_lib_check),
            number_text(bare, 2),
            number_text(full, 2),
            ratio_text(full - bare, skip_lib_check ? GOAL_S : undefined),
          ]
        }),
      },
    ],
    warnings: COMPILERS.filter((name) => !found.includes(name)).map((name) => `not installed: ${name}`),
    results: { rounds, rows },
  }
}

function version_of(compiler: string): string {
  const manifest = path.join(ROOT, 'node_modules', compiler, 'package.json')
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
}

function check(folder: string, file: File, compiler: string, skip_lib_check: boolean): number {
  const project = path.join(folder, `${file}.json`)
  writeFileSync(path.join(folder, `${file}.ts`), FILES[file])
  writeFileSync(
    project,
    JSON.stringify({
      compilerOptions: {
        target: 'es2022',
        lib: ['es2023', 'esnext.disposable'],
        module: 'nodenext',
        types: ['node'],
        strict: true,
        noEmit: true,
        skipLibCheck: skip_lib_check,
      },
      files: [`${file}.ts`],
    }),
  )
  const start = performance.now()
  const { status, stdout } = spawnSync(
    process.execPath,
    [path.join(ROOT, 'node_modules', compiler, 'bin/tsc'), '-p', project],
    { encoding: 'utf8' },
  )
  const seconds = (performance.now() - start) / 1000
  if (status !== 0) throw new ChildError(`${compiler}: ${file}.ts does not compile\n${stdout}`)
  return seconds
}
