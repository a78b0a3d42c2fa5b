import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { load_problem, missing_libraries, processor, render } from '../../scripts/setup/doctor.mjs'
import { fake_programs, fake_torch, temporary_folder } from './fakes.js'

const script = fileURLToPath(new URL('../../scripts/setup/doctor.mjs', import.meta.url))

function doctor(args: string[], env: NodeJS.ProcessEnv = {}) {
  return spawnSync(process.execPath, [script, ...args], { encoding: 'utf8', env: { ...process.env, ...env } })
}

test.each([
  ['fpu sse4_2', 'DEFAULT'],
  ['fpu avx2', 'DEFAULT'],
  ['fpu avx2 fma', 'AVX2'],
  ['fpu avx2 fma avx512f avx512bw avx512vl avx512dq', 'AVX512'],
])('a processor with %s is %s', (flags, capability) => {
  const cpuinfo = `model name\t: A Processor\nflags\t\t: ${flags}\n`
  expect(processor(cpuinfo)).toEqual({ model: 'A Processor', capability })
})

describe('the report', () => {
  const LIBTORCH = () => fake_torch(temporary_folder(), '2.9.1')

  test('as text names what was looked for, in order, and what was found', () => {
    const wish = LIBTORCH()
    const { stdout } = doctor([], { LIBTORCH: wish })
    expect(stdout).toMatch(/glibc \d+\.\d+/)
    expect(stdout).toContain(`Node`)
    expect(stdout).toContain(`LIBTORCH  ${wish} is LibTorch 2.9.1, not 2.13.x`)
    expect(stdout.indexOf('  LIBTORCH')).toBeLessThan(stdout.indexOf('  python3'))
    expect(stdout.indexOf('  python3')).toBeLessThan(stdout.indexOf('  cache'))
    expect(stdout).toMatch(/processor +.*(DEFAULT|AVX2|AVX512)/)
  })

  test('as JSON holds the same, and the exit code says whether it is usable', () => {
    const { stdout, status } = doctor(['--json'])
    const report = JSON.parse(stdout)
    expect(status).toBe(report.usable ? 0 : 1)
    expect(report.problems.length === 0).toBe(report.usable)
    expect(report.machine.node).toBe(process.versions.node)
    expect(report.tools).toHaveProperty('cmake')
    expect(render(report)).toContain(report.usable ? 'typetorch is usable.' : report.problems[0])
  })

  test('--help explains, and a wrong option is one sentence', () => {
    expect(doctor(['--help'])).toMatchObject({ status: 0, stdout: expect.stringContaining('Usage: doctor') })
    const wrong = doctor(['--jsn'])
    expect(wrong.status).toBe(1)
    expect(wrong.stderr).toMatch(/^typetorch: Unknown option '--jsn'; see the options with: .* --help\n$/)
  })
})

describe('a library that does not load', () => {
  test('is named by the loader', () => {
    expect(load_problem('/no/such/addon.node')).toContain('/no/such/addon.node')
    expect(load_problem(script)).toContain(path.basename(script))
  })

  test('the first missing one is named', () => {
    const folder = fake_programs(temporary_folder(), {
      ldd: "printf '\\tlibc10.so => not found\\n\\tlibc.so.6 => /lib/libc.so.6 (0x1)\\n\\tlibx.so => not found\\n'",
    })
    expect(missing_libraries('addon.node', { PATH: folder })).toEqual(['libc10.so', 'libx.so'])
  })
})
