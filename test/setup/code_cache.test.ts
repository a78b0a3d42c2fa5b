import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CodeCache } from '../../lib/code_cache.js'

const entry = new URL('../../dist/index.js', import.meta.url).href
let folder = ''

/** Loads the package in a process of its own, and gives what it adds. */
function load(env: Record<string, string> = {}, flags: string[] = [], timeout = 60_000): string {
  const body = `const torch = await import('${entry}'); console.log(torch.ones(2).add(1).sum().item())`
  return execFileSync(process.execPath, [...flags, '--input-type=module', '-e', body], {
    encoding: 'utf8',
    timeout,
    env: { ...process.env, NODE_COMPILE_CACHE: folder, ...env },
  }).trim()
}
const kept = () => path.join(folder, 'typetorch')
const files = () =>
  existsSync(kept()) ? readdirSync(kept()).filter((name) => /^typetorch-\w+\.bin$/.test(name)) : []
const loop = () => {
  const link = path.join(folder, 'loop')
  symlinkSync('loop', link)
  return link
}
const only = () => path.join(kept(), files()[0]!)

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'code-cache-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('the compiled form of the package', { timeout: 120_000 }, () => {
  it('is written once, and read by the next process', () => {
    expect(load()).toBe('4')
    const written = statSync(only()).mtimeMs
    expect(statSync(only()).size).toBeGreaterThan(100_000)
    expect(load()).toBe('4')
    expect(files()).toHaveLength(1)
    expect(statSync(only()).mtimeMs).toBe(written)
  })

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['garbled', (bytes) => bytes.fill(7, bytes.length / 2, bytes.length / 2 + 64)],
    ['cut', (bytes) => bytes.subarray(0, 1000)],
    ['empty', () => Buffer.alloc(0)],
  ])('is written anew where it is %s', (_, spoil) => {
    load()
    const good = readFileSync(only())
    writeFileSync(only(), spoil(Buffer.from(good)))
    expect(load()).toBe('4')
    expect(readFileSync(only()).length).toBeGreaterThan(100_000)
  })

  it('is another one for other flags of V8', () => {
    load()
    expect(load({}, ['--stack-size=900', '--no-opt'])).toBe('4')
    expect(files()).toHaveLength(2)
  })

  it('is another one for another copy of the package, whose lines its stacks show', () => {
    const root = new URL('../../', import.meta.url)
    const copy = path.join(folder, 'copy')
    cpSync(new URL('dist', root), path.join(copy, 'dist'), { recursive: true })
    for (const name of ['node_modules', 'package.json'])
      symlinkSync(new URL(name, root), path.join(copy, name))
    const addon = fileURLToPath(new URL('build/Release/typetorch.node', root))
    const other = pathToFileURL(path.join(copy, 'dist/index.js')).href
    const body = `const torch = await import('${other}'); try { torch.ones(2).add(torch.ones(3)) } catch (e) { console.log(e.stack) }`
    load()
    const stack = execFileSync(process.execPath, ['--input-type=module', '-e', body], {
      encoding: 'utf8',
      env: { ...process.env, NODE_COMPILE_CACHE: folder, TYPETORCH_ADDON: addon },
    })
    expect(stack).toMatch(/^RuntimeError: .*\n {4}at file:\/\/.*eval/)
    expect(files()).toHaveLength(2)
  })

  // Where a folder cannot be made, be read or be kept, loading goes on without it, at once.
  it.each<[string, () => Record<string, string>]>([
    ['HOME is below /proc, where no folder can be made', () => ({ HOME: '/proc/nowhere' })],
    ['HOME is a device', () => ({ HOME: '/dev/null' })],
    ['HOME is empty', () => ({ HOME: '' })],
    ['HOME is a loop of links', () => ({ HOME: loop() })],
    ['XDG_CACHE_HOME is relative', () => ({ XDG_CACHE_HOME: 'relative', HOME: folder })],
    ['XDG_CACHE_HOME is below /proc', () => ({ XDG_CACHE_HOME: '/proc/1/nowhere' })],
    ['NODE_COMPILE_CACHE is below /proc', () => ({ NODE_COMPILE_CACHE: '/proc/nowhere' })],
    ['NODE_COMPILE_CACHE is below /sys', () => ({ NODE_COMPILE_CACHE: '/sys/nowhere/below' })],
    ['the folder is a full disk', () => ({ NODE_COMPILE_CACHE: '/dev/full' })],
    ['TMPDIR is missing', () => ({ TMPDIR: '/nowhere', HOME: folder })],
  ])('does not keep the package from loading where %s', (_, environment) => {
    expect(load({ NODE_COMPILE_CACHE: '', ...environment() }, [], 20_000)).toBe('4')
    // Nor is anything laid into the folder that the program runs in.
    expect(['relative', '.cache'].filter((name) => existsSync(name))).toEqual([])
  })

  it.each<[string, (file: string) => void]>([
    ['a folder', (file) => mkdirSync(file)],
    ['a pipe', (file) => execFileSync('mkfifo', [file])],
    ['a link to nothing', (file) => symlinkSync('nothing', file)],
  ])('does not keep the package from loading where its file is %s', (_, make) => {
    load()
    const file = only()
    rmSync(file)
    make(file)
    expect(load({}, [], 20_000)).toBe('4')
  })

  it('leaves no part behind on a full disk', () => {
    const limited = `ulimit -f 8; trap '' XFSZ; exec "$0" --input-type=module -e "await import('${entry}'); console.log('loaded')"`
    const printed = execFileSync('bash', ['-c', limited, process.execPath], {
      encoding: 'utf8',
      env: { ...process.env, NODE_COMPILE_CACHE: folder },
    })
    expect(printed.trim()).toBe('loaded')
    expect(readdirSync(kept())).toEqual([])
  })

  it('is written where a process that died left its part', () => {
    load()
    const left = `${only()}.1.part`
    writeFileSync(left, 'half')
    rmSync(only())
    expect(load()).toBe('4')
    expect(files()).toHaveLength(1)
  })

  it('is not used for a script that was changed, of the same length', () => {
    const root = new URL('../../', import.meta.url)
    const copy = path.join(folder, 'changed')
    cpSync(new URL('dist', root), path.join(copy, 'dist'), { recursive: true })
    for (const name of ['node_modules', 'package.json'])
      symlinkSync(new URL(name, root), path.join(copy, name))
    const script = path.join(copy, 'dist/library.cjs')
    const addon = fileURLToPath(new URL('build/Release/typetorch.node', root))
    const url = pathToFileURL(path.join(copy, 'dist/index.js')).href
    const body = `const torch = await import('${url}'); try { torch.load(3) } catch (e) { console.log(e.message) }`
    const run = () =>
      execFileSync(process.execPath, ['--input-type=module', '-e', body], {
        encoding: 'utf8',
        env: { ...process.env, NODE_COMPILE_CACHE: folder, TYPETORCH_ADDON: addon },
      }).trim()
    expect(run()).toContain('must be a path (string')
    const text = readFileSync(script, 'latin1')
    writeFileSync(script, text.replaceAll('must be a path (string', 'MUST BE A PATH (STRING'), 'latin1')
    expect(run()).toContain('MUST BE A PATH (STRING')
  })

  it('is not made where Node is told so, or where the folder cannot be written', () => {
    expect(load({ NODE_DISABLE_COMPILE_CACHE: '1' })).toBe('4')
    expect(files()).toHaveLength(0)
    const file = path.join(folder, 'a file')
    writeFileSync(file, '')
    expect(load({ NODE_COMPILE_CACHE: file })).toBe('4')
    chmodSync(folder, 0o500)
    expect(load({ NODE_COMPILE_CACHE: path.join(folder, 'below') })).toBe('4')
    chmodSync(folder, 0o700)
    expect(existsSync(file)).toBe(true)
  })
})

describe('a compiled form is read', () => {
  const write = (key = 'key') => {
    vi.stubEnv('NODE_COMPILE_CACHE', folder)
    vi.stubEnv('NODE_DISABLE_COMPILE_CACHE', '')
    new CodeCache(key).write(() => Buffer.from('a form'))
  }
  const read = (key = 'key') => new CodeCache(key).read()?.toString()
  const elsewhere = () => path.join(folder, 'elsewhere')
  afterEach(() => {
    vi.unstubAllEnvs()
  })

  it('where only its user can read or write it', () => {
    write()
    expect(statSync(kept()).mode & 0o777).toBe(0o700)
    expect(statSync(only()).mode & 0o777).toBe(0o600)
    expect(read()).toBe('a form')
  })

  it.each<[string, (file: string) => void]>([
    ['others may write its file', (file) => chmodSync(file, 0o777)],
    ['others may write its folder', () => chmodSync(kept(), 0o777)],
    [
      'its folder is a link',
      () => {
        renameSync(kept(), elsewhere())
        symlinkSync('elsewhere', kept())
      },
    ],
    [
      'its file is a link',
      (file) => {
        renameSync(file, elsewhere())
        symlinkSync('../elsewhere', file)
      },
    ],
    ['its file has a second name', (file) => linkSync(file, elsewhere())],
    [
      'its file is a pipe',
      (file) => {
        rmSync(file)
        execFileSync('mkfifo', ['-m', '600', file])
      },
    ],
    [
      'a bit of it is another',
      (file) => writeFileSync(file, Buffer.concat([readFileSync(file).subarray(0, -1), Buffer.of(0)])),
    ],
  ])('not where %s', (_, lay) => {
    write()
    expect(read()).toBe('a form')
    lay(only())
    expect(read()).toBeUndefined()
  })

  it.skipIf(process.getuid?.() !== 0)('not where it or its folder belongs to another user', () => {
    write()
    chownSync(only(), 12_345, 12_345)
    expect(read()).toBeUndefined()
    write()
    expect(read()).toBe('a form')
    chownSync(kept(), 12_345, 12_345)
    expect(read()).toBeUndefined()
    const before = readdirSync(kept())
    write('another')
    expect(readdirSync(kept())).toEqual(before)
  })

  it('not for another script, under whose name it lies', () => {
    write()
    const own = only()
    write('other')
    const other = files()
      .map((name) => path.join(kept(), name))
      .find((name) => name !== own)!
    writeFileSync(other, readFileSync(own))
    expect(read('other')).toBeUndefined()
    expect(read()).toBe('a form')
  })
})
