import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { record_problem } from '../../scripts/setup/doctor.mjs'
import { fetch_libtorch } from '../../scripts/setup/fetch.mjs'
import { cached_folder, find, inspect, look, python_torch, read_version } from '../../scripts/setup/find.mjs'
import { write_manifest } from '../../scripts/setup/manifest.mjs'
import { fake_programs, fake_torch, temporary_folder, write } from './fakes.js'

const nowhere = () => null
// A cache that a group may write is passed over.
process.umask(0o022)

function fake_cache(env: NodeJS.ProcessEnv, version = '2.13.0+cpu') {
  const folder = cached_folder(env, 'cpu')
  fake_torch(path.join(folder, 'torch'), version)
  const size = fs.statSync(path.join(folder, 'torch/version.py')).size
  write_manifest(folder, { files: { 'torch/lib/libtorch_cpu.so': 0, 'torch/version.py': size } })
  return folder
}

describe('one folder', () => {
  test('a Python torch package, the folder above it, and its torchgen', () => {
    const site = temporary_folder()
    fake_torch(path.join(site, 'torch'), '2.13.0+cpu')
    fs.mkdirSync(path.join(site, 'torchgen/packaged'), { recursive: true })
    const expected = {
      path: path.join(site, 'torch'),
      version: '2.13.0+cpu',
      variant: 'cpu',
      torchgen: path.join(site, 'torchgen/packaged'),
      problem: null,
    }
    expect(inspect(path.join(site, 'torch'))).toEqual(expected)
    expect(inspect(site)).toEqual(expected)
  })

  test('an unpacked distribution says its version in build-version', () => {
    const folder = write(temporary_folder(), {
      'libtorch/lib/libtorch_cpu.so': '',
      'libtorch/lib/libtorch_cuda.so': '',
      'libtorch/include/torch/library.h': '',
      'libtorch/build-version': '2.13.1+cu130\n',
    })
    expect(inspect(folder)).toMatchObject({ version: '2.13.1+cu130', variant: 'cuda', problem: null })
  })

  test('the header serves where no other file says the version', () => {
    const folder = write(temporary_folder(), {
      'include/torch/headeronly/version.h':
        '#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION_MINOR 13\n#define TORCH_VERSION_PATCH 4\n',
    })
    expect(read_version(folder)).toBe('2.13.4')
    expect(read_version(temporary_folder())).toBeNull()
  })

  test.each([
    ['2.12.1', 'is LibTorch 2.12.1, not 2.13.x'],
    ['2.130.0', 'is LibTorch 2.130.0, not 2.13.x'],
    ['3.0.0a0', 'is LibTorch 3.0.0a0, not 2.13.x'],
    ['2.13.9', null],
  ])('version %s: %s', (version, problem) => {
    expect(inspect(fake_torch(temporary_folder(), version)).problem).toBe(problem)
  })

  test('what is no LibTorch says why', () => {
    const empty = temporary_folder()
    expect(inspect(empty).problem).toBe('holds no lib/libtorch_cpu.so')
    expect(inspect(path.join(empty, 'gone')).problem).toBe('does not exist')
    const headless = write(temporary_folder(), { 'lib/libtorch_cpu.so': '', 'build-version': '2.13.0' })
    expect(inspect(headless).problem).toBe('holds no include/torch/library.h')
  })
})

describe('the order', () => {
  test('LIBTORCH, then Python, then the cache', () => {
    const env = { XDG_CACHE_HOME: temporary_folder(), TYPETORCH_VARIANT: 'cpu' }
    const wish = fake_torch(temporary_folder(), '2.13.0')
    const packaged = fake_torch(temporary_folder(), '2.13.0+cpu')
    const cache = fake_cache(env)
    const python = () => ({ python: 'python3', folder: packaged })

    expect(find({ ...env, LIBTORCH: wish }, { python }).chosen).toMatchObject({ how: 'LIBTORCH', path: wish })
    expect(find(env, { python }).chosen).toMatchObject({ how: 'python3', path: packaged })
    expect(find(env, { python: nowhere }).chosen).toMatchObject({
      how: 'cache',
      path: path.join(cache, 'torch'),
    })
    const all = look({ ...env, LIBTORCH: wish }, { python, all: true })
    expect(all.map((entry) => entry.how)).toEqual(['LIBTORCH', 'python3', 'cache'])
  })

  test('nothing there means that it has to be fetched', () => {
    const { chosen, looked } = find(
      { XDG_CACHE_HOME: temporary_folder(), TYPETORCH_VARIANT: 'cpu' },
      { python: nowhere },
    )
    expect(chosen).toBeNull()
    expect(looked.map((entry) => entry.problem)).toEqual([
      'no Python on the PATH has torch',
      'does not exist',
    ])
  })

  test("a Python's torch of another version is passed over", () => {
    const env = { XDG_CACHE_HOME: temporary_folder(), TYPETORCH_VARIANT: 'cpu' }
    fake_cache(env)
    const old = fake_torch(temporary_folder(), '2.9.1')
    const { chosen, looked } = find(env, { python: () => ({ python: 'python3', folder: old }) })
    expect(looked[0]).toMatchObject({ how: 'python3', problem: 'is LibTorch 2.9.1, not 2.13.x' })
    expect(chosen).toMatchObject({ how: 'cache' })
  })
})

describe('LIBTORCH is a wish, and one that fails is refused in a sentence', () => {
  test('of another version: found, wanted and the command', () => {
    const old = fake_torch(temporary_folder(), '2.9.1+cu128')
    expect(() => find({ LIBTORCH: old }, { python: nowhere })).toThrow(
      `LIBTORCH=${old} is LibTorch 2.9.1+cu128, but typetorch is built for 2.13.x; ` +
        'fetch 2.13.0 with: unset LIBTORCH && npm run setup',
    )
  })

  test('not there', () => {
    expect(() => find({ LIBTORCH: '/no/such/place' }, { python: nowhere })).toThrow(
      'LIBTORCH=/no/such/place does not exist, so it is no LibTorch 2.13; ' +
        'fetch 2.13.0 with: unset LIBTORCH && npm run setup',
    )
  })
})

describe('the cache', () => {
  const env = () => ({ XDG_CACHE_HOME: temporary_folder(), TYPETORCH_VARIANT: 'cpu' })

  test.each<[string, (folder: string) => void, string]>([
    [
      'a file cut short',
      (folder) => fs.writeFileSync(path.join(folder, 'torch/lib/libtorch_cpu.so'), 'xyz'),
      'is broken: torch/lib/libtorch_cpu.so has 3 bytes, not 0',
    ],
    [
      'no manifest',
      (folder) => fs.rmSync(path.join(folder, 'manifest.json')),
      'is broken: no readable manifest.json',
    ],
    [
      'half a manifest',
      (folder) => fs.writeFileSync(path.join(folder, 'manifest.json'), '{"files":{'),
      'is broken: no readable manifest.json',
    ],
  ])('%s is noticed', (_name, harm, problem) => {
    const place = env()
    harm(fake_cache(place))
    const { chosen, looked } = find(place, { python: nowhere })
    expect(chosen).toBeNull()
    expect(looked.at(-1)?.problem).toBe(problem)
  })

  test('a missing file is noticed', () => {
    const place = env()
    const folder = fake_cache(place)
    write_manifest(folder, { files: { 'torch/lib/libc10.so': 7 } })
    expect(look(place, { python: nowhere }).at(-1)?.problem).toBe('is broken: torch/lib/libc10.so is missing')
  })
})

describe('a cache that others could write is passed over by name', () => {
  const env = () => ({ XDG_CACHE_HOME: temporary_folder(), TYPETORCH_VARIANT: 'cpu' })
  const problem_of = (place: NodeJS.ProcessEnv) => {
    const { chosen, looked } = find(place, { python: nowhere })
    expect(chosen === null).toBe(looked.at(-1)?.problem !== null)
    return looked.at(-1)?.problem
  }
  const link_to = (file: string) => {
    fs.renameSync(file, `${file}-elsewhere`)
    fs.symlinkSync(`${file}-elsewhere`, file)
  }

  test.each<[string, (folder: string) => void, RegExp]>([
    [
      'the cache',
      (folder) => fs.chmodSync(path.dirname(folder), 0o777),
      /^may be written by others \(mode 777\)/,
    ],
    ['the folder', (folder) => fs.chmodSync(folder, 0o775), /^may be written by others \(mode 775\)/],
    [
      'a folder in it',
      (folder) => fs.chmodSync(path.join(folder, 'torch/lib'), 0o777),
      /^cannot be trusted: torch\/lib may be written by others/,
    ],
    [
      'a library',
      (folder) => fs.chmodSync(path.join(folder, 'torch/lib/libtorch_cpu.so'), 0o666),
      /^cannot be trusted: torch\/lib\/libtorch_cpu.so may be written by others \(mode 666\)/,
    ],
    [
      'the manifest',
      (folder) => fs.chmodSync(path.join(folder, 'manifest.json'), 0o622),
      /^cannot be trusted: manifest.json may be written by others/,
    ],
    ['the folder, which is a link', link_to, /^is a link/],
    [
      'a library, which is a link',
      (folder) => link_to(path.join(folder, 'torch/lib/libtorch_cpu.so')),
      /^cannot be trusted: torch\/lib\/libtorch_cpu.so is a link/,
    ],
  ])('%s', (_, lay, expected) => {
    const place = env()
    const folder = fake_cache(place)
    expect(problem_of(place)).toBeNull()
    lay(folder)
    expect(problem_of(place)).toMatch(expected)
  })

  test.skipIf(process.getuid?.() !== 0).each<[string, string]>([
    ['the cache', '..'],
    ['the folder', '.'],
    ['a library', 'torch/lib/libtorch_cpu.so'],
    ['the manifest', 'manifest.json'],
  ])('%s of another user', (_, name) => {
    const place = env()
    const folder = fake_cache(place)
    fs.chownSync(path.join(folder, name), 12_345, 12_345)
    expect(problem_of(place)).toMatch(/belongs to another user \(12345, not 0\)/)
  })

  test('a cache that its user has put elsewhere by a link is used', () => {
    const place = env()
    link_to(path.dirname(fake_cache(place)))
    expect(problem_of(place)).toBeNull()
  })

  test('the doctor says so of the one that is in use', () => {
    const folder = fake_cache(env())
    const record = { path: path.join(folder, 'torch'), how: 'cache' }
    expect(record_problem(record)).toBeNull()
    fs.chmodSync(path.join(folder, 'torch/lib/libtorch_cpu.so'), 0o777)
    expect(record_problem(record)).toMatch(/libtorch_cpu.so may be written by others/)
    expect(record_problem({ ...record, how: 'LIBTORCH' })).toBeNull()
    expect(record_problem({ ...record, path: '/nowhere' })).toBe('is no longer there')
  })

  test('nothing is fetched into it', async () => {
    const place = env()
    fs.mkdirSync(path.join(place.XDG_CACHE_HOME, 'typetorch'))
    fs.chmodSync(path.join(place.XDG_CACHE_HOME, 'typetorch'), 0o777)
    await expect(fetch_libtorch(place, 'cpu')).rejects.toThrow(
      /^the cache .*typetorch may be written by others \(mode 777\), so nothing in it is run; .*export XDG_CACHE_HOME=/,
    )
  })

  test('with no HOME it is never in the current folder', () => {
    expect(path.isAbsolute(cached_folder({ HOME: '' }, 'cpu'))).toBe(true)
    expect(path.isAbsolute(cached_folder({ HOME: 'relative' }, 'cpu'))).toBe(true)
  })
})

test("Python's torch is found without being imported", () => {
  const site = temporary_folder()
  fake_torch(path.join(site, 'torch'), '2.13.0')
  write(site, { 'torch/__init__.py': 'raise RuntimeError("imported")\n' })
  const found = python_torch({ ...process.env, PYTHONPATH: site })
  expect(found?.folder).toBe(path.join(site, 'torch'))
  const none = fake_programs(temporary_folder(), { python3: 'exit 1' })
  expect(python_torch({ PATH: none })).toBeNull()
})
