import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const here = root.replace(/\/$/, '')
let copy = ''

beforeAll(() => {
  copy = realpathSync(mkdtempSync(path.join(tmpdir(), 'copy-')))
  cpSync(path.join(root, 'dist'), path.join(copy, 'dist'), { recursive: true })
  mkdirSync(path.join(copy, 'build/Release'), { recursive: true })
  const addon = process.env['TYPETORCH_ADDON'] ?? path.join(root, 'build/Release/typetorch.node')
  cpSync(addon, path.join(copy, 'build/Release/typetorch.node'))
  for (const name of ['build/libtorch', 'build/libtorch.json', 'node_modules', 'package.json'])
    symlinkSync(path.join(root, name), path.join(copy, name))
})
afterAll(() => rmSync(copy, { recursive: true }))

/** Runs a program that has both copies, as `a` and `b`. */
function run(body: string) {
  const program = `
    const a = await import('${pathToFileURL(path.join(root, 'dist/index.js')).href}')
    const b = await import('${pathToFileURL(path.join(copy, 'dist/index.js')).href}')
    const caught = (f) => { try { f(); return 'passed' } catch (e) { return e.message } }
    ${body}`
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
  })
  expect(status, stderr).toBe(0)
  return { stdout: stdout.trim(), stderr }
}

describe('two copies of the package in one process', { timeout: 60_000 }, () => {
  it('say so once, with both paths', () => {
    const { stdout, stderr } = run(`
      await import('${pathToFileURL(path.join(copy, 'dist/index.js')).href}?again')
      console.log(b.ones(2).add(b.ones(2)).sum().item(), a.ones(2).sum().item())`)
    expect(stdout).toBe('4 2')
    expect(stderr.match(/TYPETORCH_TWO_COPIES/g)).toHaveLength(1)
    expect(stderr).toContain(`typetorch is loaded twice in this process, from ${here} and from ${copy}:`)
  })

  it.each([
    ['a tensor of an operator', 'b.nn.functional.relu(a.ones(2))', 'Tensor'],
    ['a tensor of a method', 'b.ones(2).add(a.ones(2))', 'Tensor'],
    ['a tensor in a list', 'b.cat([a.ones(2)])', 'Tensor'],
    ['a tensor of a module', 'new b.nn.Linear(2, 2)(a.ones(2))', 'Tensor'],
    ['a tensor of tensor()', 'b.tensor([a.ones(2)])', 'Tensor'],
    ['a parameter', 'new b.nn.Parameter(a.ones(2))', 'Tensor'],
    ['a tensor of a file', "b.save(a.ones(2), '/dev/null')", 'Tensor'],
    ['a tensor of deepcopy', 'b.deepcopy({ x: a.ones(2) })', 'Tensor'],
    ['a tensor of assert_close', 'b.testing.assert_close(b.ones(2), a.ones(2))', 'Tensor'],
    ['a tensor as an index', 'b.ones(2).at(a.tensor([true, false]))', 'Tensor'],
    ['a tensor of autograd', 'b.autograd.grad(a.ones(2), a.ones(2))', 'Tensor'],
    ['a dtype', 'b.zeros(2, { dtype: a.int64 })', 'DType'],
    ['a device', "b.zeros(2, { device: a.device('cpu') })", 'Device'],
    ['a generator', 'b.rand(2, { generator: new a.Generator() })', 'Generator'],
    ['a module', 'new b.nn.Sequential(new a.nn.ReLU())', 'ReLU'],
    ['parameters', 'new b.optim.SGD(new a.nn.Linear(1, 1).parameters(), { lr: 1 })', 'Parameter'],
    [
      'a state dict',
      'new b.nn.Linear(2, 2).load_state_dict(new a.nn.Linear(2, 2).state_dict())',
      'OrderedDict',
    ],
  ])('refuse %s of the other, naming both', (_, call, name) => {
    const { stdout } = run(`console.log(caught(() => ${call}))`)
    expect(stdout).toContain(
      `${name} of another copy of typetorch (this one is in ${copy}, that one in ${here}; npm ls typetorch shows why there are two)`,
    )
  })

  it('are one where the same folder is reached by two links', () => {
    const link = path.join(copy, 'link')
    symlinkSync(root, link)
    const body = `
      const a = await import('${pathToFileURL(path.join(root, 'dist/index.js')).href}')
      const b = await import('${pathToFileURL(path.join(link, 'dist/index.js')).href}')
      console.log(b.relu(a.ones(2)).sum().item())`
    expect(
      execFileSync(process.execPath, ['--input-type=module', '-e', body], { encoding: 'utf8' }).trim(),
    ).toBe('2')
  })
})
