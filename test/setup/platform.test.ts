import { describe, expect, test } from 'vitest'
import { check_tools } from '../../scripts/setup/build.mjs'
import { compare_versions, parse_version } from '../../scripts/setup/config.mjs'
import { pip_command, requests } from '../../scripts/setup/fetch.mjs'
import { check_platform, wanted_variant } from '../../scripts/setup/platform.mjs'
import { install_command } from '../../scripts/setup/report.mjs'
import { fake_programs, temporary_folder } from './fakes.js'

const machine = {
  platform: 'linux' as const,
  arch: 'x64' as const,
  glibc: '2.36',
  node: '20.19.0',
  napi: '9',
}
const apt = { 'apt-get': 'exit 0' }
const sudo = process.getuid?.() === 0 ? '' : 'sudo '

describe('the machine', () => {
  test('one that is supported passes', () => {
    expect(() => check_platform(machine)).not.toThrow()
    expect(() => check_platform({ ...machine, node: '26.1.0' })).not.toThrow()
  })

  test.each<[Partial<Record<keyof typeof machine, string | null>>, RegExp]>([
    [{ node: '20.18.3' }, /^Node 20\.18\.3 is too old, typetorch needs 20\.19 or later; get it with: /],
    [
      { platform: 'darwin', arch: 'arm64' },
      /^darwin-arm64 is not supported yet, only linux-x64 with glibc is; .*docker run/,
    ],
    [{ arch: 'arm64' }, /^linux-arm64 is not supported yet/],
    [{ glibc: null }, /^this system's C library is not glibc .*docker run/],
    [{ glibc: '2.17' }, /^glibc 2\.17 is too old, LibTorch needs 2\.28 or later; .*docker run/],
  ])('%o is refused', (change, sentence) => {
    expect(() => check_platform({ ...machine, ...change } as never)).toThrow(sentence)
  })

  test('the build of LibTorch follows the driver, and TYPETORCH_VARIANT decides', () => {
    expect(wanted_variant({}, null)).toBe('cpu')
    expect(wanted_variant({}, '580.65')).toBe('cuda')
    expect(wanted_variant({ TYPETORCH_VARIANT: 'cpu' }, '580.65')).toBe('cpu')
    expect(() => wanted_variant({ TYPETORCH_VARIANT: 'rocm' }, null)).toThrow(
      "TYPETORCH_VARIANT is 'rocm', it must be cpu or cuda; set it with: export TYPETORCH_VARIANT=cpu",
    )
  })
})

describe('the tools, each by the first that is missing', () => {
  const cmake = 'echo cmake version 3.25.1'
  test.each<[string, Record<string, string>, string]>([
    [
      'cmake',
      {},
      `cmake is missing, with which the addon is built; get it with: ${sudo}apt-get install cmake`,
    ],
    [
      'an old cmake',
      { cmake: 'echo cmake version 3.16.3' },
      'cmake version 3.16.3 is not enough, the addon needs cmake 3.20',
    ],
    ['a cmake that fails', { cmake: 'exit 1' }, 'cmake, which does not run, is not enough'],
    ['a compiler', { cmake }, `a C++ compiler is missing; get one with: ${sudo}apt-get install g++`],
    [
      'ninja',
      { cmake, 'clang++': '' },
      `neither ninja nor make is there; get one with: ${sudo}apt-get install ninja-build`,
    ],
  ])('%s', (_name, programs, sentence) => {
    const PATH = fake_programs(temporary_folder(), { ...apt, ...programs })
    expect(() => check_tools({ PATH })).toThrow(sentence)
  })

  test('all there', () => {
    const PATH = fake_programs(temporary_folder(), { cmake, 'g++': '', make: '' })
    expect(() => check_tools({ PATH })).not.toThrow()
  })

  test("pip is Python's own, and its absence a sentence", () => {
    const PATH = fake_programs(temporary_folder(), { ...apt, python3: 'exit 1' })
    expect(() => pip_command({ PATH })).toThrow(
      `Python's pip is missing, with which LibTorch is fetched; get it with: ${sudo}apt-get install python3-pip`,
    )
    const there = fake_programs(temporary_folder(), { python3: "echo 'pip 24.0 from /x (python 3.9)'" })
    expect(pip_command({ PATH: there })).toEqual({ command: 'python3', args: ['-m', 'pip'], python_minor: 9 })
  })

  test('the command is that of the machine', () => {
    const PATH = fake_programs(temporary_folder(), { dnf: '' })
    expect(install_command(['g++', 'cmake'], { PATH })).toBe(`${sudo}dnf install gcc-c++ cmake`)
  })
})

test("pip's own sources come first, then PyTorch's index of CPU builds", () => {
  const [first, second] = requests('cpu')
  expect(first).toEqual(['torch==2.13.0+cpu', '--no-deps'])
  expect(second).toEqual([...(first ?? []), '--index-url', 'https://download.pytorch.org/whl/cpu'])
  expect(requests('cuda')).toEqual([['torch==2.13.0']])
})

test('versions are compared number by number', () => {
  expect(compare_versions(parse_version('v3.9.1'), parse_version('3.20'))).toBeLessThan(0)
  expect(compare_versions(parse_version('2.28'), [2, 28])).toBe(0)
  expect(parse_version('no number')).toEqual([])
})
