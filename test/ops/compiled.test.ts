import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import * as torch from 'typetorch'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compiling } from '../../dist/ops/plan.js'
import { open_folder } from '../golden/folder.js'
import { failures_of, run_kind } from '../golden/report.js'

// Plans that are used often are compiled; here all are, at their first call.
const { after } = compiling
beforeAll(() => {
  compiling.after = 0
  torch.set_num_threads(1)
})
afterAll(() => {
  compiling.after = after
})

const x = torch.tensor([
  [3, 1, 2],
  [4, 6, 5],
])

describe('compiled calls', () => {
  it('pass every recorded case', async () => {
    const folder = open_folder(fileURLToPath(new URL('../golden/conformance', import.meta.url)))
    const tally = await run_kind(folder, 'cases', () => true)
    expect(failures_of(tally)).toEqual([])
    expect(tally.passed).toBe(1622)
  })

  it('return the very object in place and for out=', () => {
    const y = x.clone()
    const out = torch.empty(2, 3)
    for (let i = 0; i < 3; i++) {
      expect(y.add_(1)).toBe(y)
      expect(torch.add(x, x, { alpha: 2, out })).toBe(out)
    }
    expect(out.tolist()).toEqual([
      [9, 3, 6],
      [12, 18, 15],
    ])
  })

  it('take more arguments than have a name each, of other kinds from call to call', () => {
    const weight = torch.tensor([2, 3, 4])
    const plain = torch.layer_norm(x, [3], null, null, 0, false)
    const error = /layer_norm\(\): argument 'cudnn_enable'/
    for (let i = 0; i < 3; i++) {
      expect(torch.layer_norm(x, [3], weight, null, 0, false).equal(plain.mul(weight))).toBe(true)
      expect(torch.layer_norm(x, [3], weight, weight, 0, false).equal(plain.mul(weight).add(weight))).toBe(
        true,
      )
      expect(torch.layer_norm(x, [3], null, null, 0, false).equal(plain)).toBe(true)
      expect(torch.layer_norm(x, [3], null, null, 1e9, false).abs().max().item()).toBeLessThan(1e-3)
      expect(() => torch.layer_norm(x, [3], null, null, 0, 'x' as never)).toThrow(error)
      expect(torch.zeros(1, 2, 3, 1, 2, 3).shape).toEqual([1, 2, 3, 1, 2, 3])
      const made = torch.zeros(1, 2, 3, 1, 2, 3, 1, { dtype: torch.int64 })
      expect([made.dtype, made.shape]).toEqual([torch.int64, [1, 2, 3, 1, 2, 3, 1]])
    }
  })

  it('name several results', () => {
    for (let i = 0; i < 3; i++) {
      const found = torch.max(x, 1)
      expect(found.values).toBe(found[0])
      expect(found.indices.tolist()).toEqual([0, 1])
      expect(Array.isArray(found)).toBe(true)
      expect(found.map((t) => t.ndim)).toEqual([1, 1])
    }
  })

  it('take lists of any length, and of bigints', () => {
    const sizes = Array.from({ length: 70 }, () => 1)
    const one = torch.ones(1)
    for (let i = 0; i < 3; i++) {
      expect(one.view(sizes).ndim).toBe(70)
      expect(one.view([1n as never, 1n as never]).shape).toEqual([1, 1])
      expect(torch.cat(Array.from({ length: 100 }, () => one)).shape).toEqual([100])
      expect(torch.zeros(2, 0, 3).shape).toEqual([2, 0, 3])
      expect(() => torch.zeros(2 ** 60, 2 ** 60)).toThrow(/overflow/i)
      expect(() => torch.zeros(2 ** 70)).toThrow(TypeError)
    }
  })

  it('ask for gradients, and link hooks', () => {
    for (let i = 0; i < 3; i++) {
      const leaf = torch.zeros([2], { requires_grad: true })
      expect(leaf.requires_grad).toBe(true)
      const seen: number[] = []
      leaf.register_hook((g) => void seen.push(g.sum().item() as number))
      leaf.mul(3).sum().backward()
      expect(seen).toEqual([6])
    }
  })

  it('refuse a disposed tensor by operator and argument, in lists too', () => {
    const gone = torch.ones(2)
    const one = torch.ones(2)
    torch.add(one, one)
    torch.cat([one, one])
    gone.dispose()
    expect(() => torch.add(one, gone)).toThrow("add(): argument 'other' was disposed of by dispose()")
    expect(() => torch.cat([one, gone])).toThrow("cat(): argument 'tensors' was disposed of by dispose()")
  })

  it('take another kind of argument at any call', () => {
    for (const [other, sum] of [
      [1, 4],
      [0.5, 3.5],
      [torch.tensor(2), 5],
      [1n, 4],
      [true, 4],
      [torch.float_scalar(2), 5],
    ] as const) {
      expect(
        torch
          .add(x, other as number)
          .at(0, 0)
          .item(),
      ).toBe(sum)
    }
    expect(() => torch.add(x, 'two' as never)).toThrow(TypeError)
  })
})

it('where code may not be made from strings, plans run as they are', () => {
  const entry = fileURLToPath(new URL('../../dist/index.js', import.meta.url))
  const script = `
    const torch = await import(${JSON.stringify(entry)})
    const x = torch.ones(2, 3)
    let total = 0
    for (let i = 0; i < 500; i++) total += x.sum(1, { keepdim: true }).view(1, 2).at(0, 0).item()
    console.log(total)`
  const flags = ['--disallow-code-generation-from-strings', '--input-type=module', '-e', script]
  expect(execFileSync(process.execPath, flags, { encoding: 'utf8' }).trim()).toBe('1500')
})
