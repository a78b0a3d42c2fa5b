import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'
import { child_value, run_child } from '../hazards/child.js'
import { temporary_folder } from '../helpers/folder.js'

const path = temporary_folder()

const entry = new URL('../../dist/index.js', import.meta.url).href

// A file that may not grow beyond a size stands for a full disk; the shell keeps the signal from ending the process.
function limited(kilobytes: number, body: string): { status: number | null; stdout: string; stderr: string } {
  const script = `import * as torch from '${entry}'\n${body}`
  return spawnSync(
    'bash',
    [
      '-c',
      `trap '' XFSZ; ulimit -f ${kilobytes}; exec "$0" --input-type=module -e "$1"`,
      process.execPath,
      script,
    ],
    { encoding: 'utf8' },
  )
}

describe('a file that cannot be written', () => {
  it.skipIf(!existsSync('/bin/bash'))(
    'leaves the old one whole where there is no room, and nothing beside it',
    () => {
      mkdirSync(path('full'))
      const [file, safe] = [path('full/x.pt'), path('full/x.safetensors')]
      torch.save({ x: torch.ones(2) }, file)
      torch.safetensors.save_file({ x: torch.ones(2) }, safe)
      const before = [file, safe].map((name) => readFileSync(name))
      const { status, stdout, stderr } = limited(
        64,
        `const x = { x: torch.zeros(1 << 20) }
const said = []
for (const save of [() => torch.save(x, '${file}'), () => torch.safetensors.save_file(x, '${safe}')])
  try { save() } catch (error) { said.push([error.name, error.message]) }
console.log(JSON.stringify(said))`,
      )
      expect([status, stderr]).toEqual([0, ''])
      const said = JSON.parse(stdout) as [string, string][]
      expect(said[0]).toEqual([
        'RuntimeError',
        `save(): cannot write '${file}': PytorchStreamWriter failed writing file data/0: file write failed (EFBIG: file too large, write)`,
      ])
      expect(said[1]![1]).toContain(`save_file(): cannot write '${safe}': EFBIG: file too large, write`)
      expect([file, safe].map((name, i) => readFileSync(name).equals(before[i]!))).toEqual([true, true])
      expect(readdirSync(path('full')).sort()).toEqual(['x.pt', 'x.safetensors'])
    },
  )

  it('says so for a folder that may not be written, and keeps a file that may not', () => {
    mkdirSync(path('locked'))
    torch.save({ x: 1 }, path('locked/x.pt'))
    const script = (target: string) => `import * as torch from '${entry}'
if (process.getuid() === 0) { process.setgid(65534); process.setuid(65534) }
try { torch.save({ x: 2 }, '${target}'); console.log('"written"') }
catch (error) { console.log(JSON.stringify([error.code, error.message])) }`
    const attempt = (target: string): unknown => {
      const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script(target)], {
        encoding: 'utf8',
      })
      if (stdout === '') throw new Error(stderr)
      return JSON.parse(stdout)
    }
    chmodSync(path('.'), 0o755)
    chmodSync(path('locked'), 0o555)
    const [code, message] = attempt(path('locked/y.pt')) as [string, string]
    expect(code).toBe('EACCES')
    expect(message).toBe(
      `save(): cannot write '${path('locked/y.pt')}': open file failed with strerror: Permission denied (EACCES: permission denied, open)`,
    )
    chmodSync(path('locked/x.pt'), 0o444)
    chmodSync(path('locked'), 0o777)
    expect((attempt(path('locked/x.pt')) as string[])[0]).toBe('EACCES')
    expect(torch.load(path('locked/x.pt'))).toEqual({ x: 1 })
    expect(attempt(path('locked/z.pt'))).toBe('written')
  })

  it('is a folder, or in none', () => {
    mkdirSync(path('folder'))
    expect(() => torch.save(1, path('folder'))).toThrow('EISDIR')
    expect(() => torch.load(path('folder'))).toThrow(`load(): '${path('folder')}' is a folder`)
    expect(() => torch.save(1, path('none/x.pt'))).toThrow('ENOENT')
  })
})

describe('a file that is written', () => {
  it('keeps the permissions that it had', () => {
    torch.save(1, path('mode.pt'))
    chmodSync(path('mode.pt'), 0o640)
    torch.save(2, path('mode.pt'))
    expect(statSync(path('mode.pt')).mode & 0o777).toBe(0o640)
    expect(torch.load(path('mode.pt'))).toBe(2)
  })

  it('is the old or the new one whenever the process is killed', { timeout: 240_000 }, async () => {
    const file = path('killed.pt')
    torch.save({ step: -1, x: torch.full([1 << 18], -1) }, file)
    let newest = -1
    for (let i = 0; i < 8; i++) {
      const ended = await run_child(
        `for (let step = 0; ; step++) {
  if (step === ${i}) process.stdout.write('begun')
  torch.save({ step, x: torch.full([1 << 18], step) }, '${file}')
}`,
        { kill_at: 'begun' },
      )
      expect(ended.signal).toBe('SIGTERM')
      const { step, x } = torch.load<{ step: number; x: torch.Tensor }>(file)
      expect(x.eq(step).all().item()).toBe(true)
      newest = Math.max(newest, step)
    }
    expect(newest).toBeGreaterThan(0)
  })

  it('and read for ever takes no more memory, in a loop that never waits', async () => {
    writeFileSync(path('loop.pt'), '')
    const grown = await child_value<number>(
      `torch.save({ x: torch.ones(1 << 21) }, '${path('loop.pt')}')
const load = () => torch.load('${path('loop.pt')}').x.sum().item()
for (let i = 0; i < 120; i++) load()
const before = process.memoryUsage().rss
for (let i = 0; i < 120; i++) load()
console.log(JSON.stringify((process.memoryUsage().rss - before) / 2 ** 20))`,
    )
    expect(grown).toBeLessThan(100)
  })
})
