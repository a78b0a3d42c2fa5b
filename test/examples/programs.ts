import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The first TypeScript block of a Markdown file, and the line it begins at. */
export function first_code(path: string): { code: string; line: number } {
  const text = readFileSync(join(ROOT, path), 'utf8')
  const [, before, code] = /^([\s\S]*?```ts\n)([\s\S]*?)^```$/m.exec(text) ?? []
  if (before === undefined || code === undefined) throw new Error(`${path} has no TypeScript block`)
  return { code, line: before.split('\n').length }
}

/** Writes a program where the package finds itself by its name, and gives its path. */
export function write_program(name: string, code: string): string {
  const folder = join(ROOT, 'build', 'programs')
  mkdirSync(folder, { recursive: true })
  const path = join(folder, name)
  writeFileSync(path, code)
  return path
}

/** What the compiler says of a program under `strict`, and nothing stricter. */
export function type_errors(path: string): string[] {
  const program = ts.createProgram([path], {
    strict: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2023,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ['node'],
  })
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))
}

/** Runs a program through tsx; `on_output` sees what it prints as it prints it. */
export function run_program(
  path: string,
  args: string[] = [],
  {
    cwd = ROOT,
    on_output,
  }: { cwd?: string; on_output?: (all: string, kill: (signal: NodeJS.Signals) => void) => void } = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const loader = import.meta.resolve('tsx')
    const child = spawn(process.execPath, ['--import', loader, path, ...args], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let [stdout, stderr] = ['', '']
    child.stderr.on('data', (chunk) => (stderr += String(chunk)))
    child.stdout.on('data', (chunk) => {
      stdout += String(chunk)
      on_output?.(stdout, (signal) => child.kill(signal))
    })
    child.on('close', (code) => resolve({ code, stdout, stderr: without_nnpack(stderr) }))
  })
}

// LibTorch says so on processors that NNPACK does not know.
function without_nnpack(stderr: string): string {
  return stderr.replace(/^\[W.*Could not initialize NNPACK.*\n/gm, '')
}
