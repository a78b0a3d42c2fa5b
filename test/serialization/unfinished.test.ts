import { execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'
import { write_atomically } from '../../lib/serialization/atomic.js'
import { temporary_folder } from '../helpers/folder.js'

const path = temporary_folder()
const entry = new URL('../../dist/index.js', import.meta.url).href
const is_root = process.getuid?.() === 0
let folders = 0
function new_folder(): string {
  const folder = path(`folder-${folders++}`)
  mkdirSync(folder)
  return folder
}
const mode_of = (file: string) => statSync(file).mode & 0o7777

/** The modes of what is beside a file while it is written, its own name excepted. */
function modes_while_writing(file: string): number[] {
  const folder = join(file, '..')
  const modes: number[] = []
  write_atomically('save', file, () => {
    for (const name of readdirSync(folder)) if (name.endsWith('.tmp')) modes.push(mode_of(join(folder, name)))
  })
  return modes
}

describe('a file that is being written', () => {
  it.each([
    ['0600', 0o600],
    ['0640', 0o640],
    ['0755', 0o755],
  ])('is read by its owner alone, and takes the mode %s of the old one at the end', (_, mode) => {
    const file = join(new_folder(), 'x.pt')
    writeFileSync(file, '')
    chmodSync(file, mode)
    expect(modes_while_writing(file)).toEqual([0o600])
    expect(mode_of(file)).toBe(mode)
  })

  it('takes the mode that the system gives a new one', () => {
    const folder = new_folder()
    const before = process.umask(0o027)
    try {
      expect(modes_while_writing(join(folder, 'x.pt'))).toEqual([0o600])
      writeFileSync(join(folder, 'other'), '')
    } finally {
      process.umask(before)
    }
    expect(mode_of(join(folder, 'x.pt'))).toBe(mode_of(join(folder, 'other')))
    expect(readdirSync(folder).sort()).toEqual(['other', 'x.pt'])
  })

  it.skipIf(!is_root)('keeps the owner of the old one, where the process may', () => {
    const file = join(new_folder(), 'x.pt')
    torch.save(1, file)
    chownSync(file, 12_345, 54_321)
    chmodSync(file, 0o640)
    torch.save(2, file)
    const { uid, gid } = statSync(file)
    expect([uid, gid, mode_of(file)]).toEqual([12_345, 54_321, 0o640])
  })
})

/** Kills a process in the middle of a write, and gives what it left. */
async function kill_while_writing(file: string): Promise<string[]> {
  const folder = join(file, '..')
  const body = `import * as torch from '${entry}'
const x = torch.ones(1 << 22)
for (;;) torch.save({ x }, ${JSON.stringify(file)})`
  const child = spawn(process.execPath, ['--input-type=module', '-e', body], { stdio: 'ignore' })
  const left = () => readdirSync(folder).filter((name) => name.endsWith('.tmp'))
  try {
    for (;;) {
      while (left().length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
      process.kill(child.pid!, 'SIGSTOP')
      if (left().length > 0) break
      process.kill(child.pid!, 'SIGCONT')
    }
  } finally {
    child.kill('SIGKILL')
    await new Promise((resolve) => child.on('close', resolve))
  }
  return left()
}

describe('what a killed process left of a file', () => {
  it('is removed by the next write of the same name, and of no other', async () => {
    const file = join(new_folder(), 'x.pt')
    expect(await kill_while_writing(file)).toHaveLength(1)
    torch.save(1, join(file, '..', 'y.pt'))
    expect(readdirSync(join(file, '..')).filter((name) => name.endsWith('.tmp'))).toHaveLength(1)
    torch.save(2, file)
    expect(readdirSync(join(file, '..')).sort()).toEqual(['x.pt', 'y.pt'])
  })

  it('stays while it is written, also by this thread, and each write has its own', () => {
    const file = join(new_folder(), 'x.pt')
    const names: string[][] = []
    write_atomically('save', file, () => {
      write_atomically('save', file, () => names.push(readdirSync(join(file, '..')).sort()))
      names.push(readdirSync(join(file, '..')).sort())
    })
    expect(names).toEqual([
      ['.x.pt.0.tmp', '.x.pt.1.tmp'],
      ['.x.pt.0.tmp', 'x.pt'],
    ])
    expect(readdirSync(join(file, '..'))).toEqual(['x.pt'])
  })

  it('is removed under later numbers too, and a folder or a pipe of that name stays', () => {
    const folder = new_folder()
    for (const n of [1, 3]) writeFileSync(join(folder, `.x.pt.${n}.tmp`), 'left')
    mkdirSync(join(folder, '.x.pt.0.tmp'))
    execFileSync('mkfifo', [join(folder, '.x.pt.2.tmp')])
    torch.save(1, join(folder, 'x.pt'))
    expect(readdirSync(folder).sort()).toEqual(['.x.pt.0.tmp', '.x.pt.2.tmp', 'x.pt'])
  })
})

describe('links', () => {
  it.each([
    ['to a file', 'real.pt'],
    ['to nothing', 'none.pt'],
    ['by a link', 'link'],
    ['by .. after a linked folder', 'linked/../up.pt'],
  ])('%s are followed and stay', (_, to) => {
    const folder = new_folder()
    mkdirSync(join(folder, 'deep/below'), { recursive: true })
    symlinkSync('deep/below', join(folder, 'linked'))
    symlinkSync('target.pt', join(folder, 'link'))
    torch.save(0, join(folder, 'real.pt'))
    const link = join(folder, 'x.pt')
    symlinkSync(to, link)
    torch.save(1, link)
    expect(readlinkSync(link)).toBe(to)
    expect(torch.load(link)).toBe(1)
    const [shell, ours] = [join(folder, 'deep/up.pt'), { 'linked/../up.pt': 'deep/up.pt', link: 'target.pt' }]
    expect(lstatSync(join(folder, ours[to as keyof typeof ours] ?? to)).isFile()).toBe(true)
    expect(existsSync(shell)).toBe(to === 'linked/../up.pt')
  })

  it('in a loop, and into no folder, are Errors with code and path', () => {
    const folder = new_folder()
    const [loop, lost] = [join(folder, 'loop'), join(folder, 'lost')]
    symlinkSync('loop', loop)
    symlinkSync('no/folder.pt', lost)
    const refused = (file: string) => {
      try {
        torch.save(1, file)
      } catch (error) {
        const { code, path: at, message } = error as NodeJS.ErrnoException
        return [code, at, message]
      }
      return []
    }
    expect(refused(loop)).toEqual([
      'ELOOP',
      loop,
      expect.stringContaining('open file failed with strerror: Too many levels of symbolic links') as string,
    ])
    expect(refused(lost)).toEqual([
      'ENOENT',
      lost,
      expect.stringContaining('open file failed with strerror: No such file or directory') as string,
    ])
    expect(readdirSync(folder).sort()).toEqual(['loop', 'lost'])
  })

  it.skipIf(!is_root)('of another user in a folder such as /tmp are not followed, as Linux does', () => {
    const folder = new_folder()
    chmodSync(folder, 0o1777)
    const [victim, link] = [path('victim.pt'), join(folder, 'x.pt')]
    torch.save('precious', victim)
    symlinkSync(victim, link)
    execFileSync('chown', ['-h', '12345', link])
    expect(() => torch.save(1, link)).toThrow('Permission denied')
    expect(torch.load(victim)).toBe('precious')
  })

  it('of a descriptor write where it writes', () => {
    const script = `import * as torch from '${entry}'; torch.save({ x: 1 }, '/dev/stdout')`
    // Node's own pipes are sockets, which cannot be opened.
    const piped = '"$0" --input-type=module -e "$1" | cat'
    const { stdout } = spawnSync('bash', ['-c', piped, process.execPath, script])
    expect(torch.load(new Uint8Array(stdout))).toEqual({ x: 1 })
  })
})

describe('names', () => {
  it.each([
    ['a', 255],
    ['ü', 127],
    ['試', 85],
    ['😀', 63],
  ])('of %s, as long as the system lets them be, in bytes', (letter, count) => {
    const file = join(new_folder(), letter.repeat(count))
    torch.save(1, file)
    torch.save(2, file)
    expect(torch.load(file)).toBe(2)
    expect(readdirSync(join(file, '..'))).toEqual([letter.repeat(count)])
    expect(() => torch.save(1, `${file}${letter}`)).toThrow(/strerror: File name too long \(ENAMETOOLONG/)
  })

  it('relative, and readFileSync finds what was written', () => {
    const [before, folder] = [process.cwd(), new_folder()]
    process.chdir(folder)
    try {
      torch.save(1, 'x.pt')
      expect(readFileSync('x.pt').length).toBeGreaterThan(0)
      expect(readdirSync(folder)).toEqual(['x.pt'])
    } finally {
      process.chdir(before)
    }
  })
})
