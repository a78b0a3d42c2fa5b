import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as torch from 'typetorch'
import { afterAll, describe, expect, it } from 'vitest'
import { child_value } from '../hazards/child.js'

const source = `
#include <ATen/core/Tensor.h>
#include <ATen/ops/add.h>
#include <ATen/ops/mul.h>
#include <torch/library.h>

at::Tensor scaled(const at::Tensor& x, double factor, at::IntArrayRef offsets) {
  at::Tensor result = x.mul(factor);
  for (const int64_t offset : offsets) result = result.add(offset);
  return result;
}

TORCH_LIBRARY(test_cpp, m) {
  m.def("scaled(Tensor x, float factor=2.0, *, int[] offsets=[]) -> Tensor");
  m.def("halves(Tensor x) -> (Tensor first, Tensor second)", [](const at::Tensor& x) {
    return std::make_tuple(x.narrow(0, 0, x.size(0) / 2), x.narrow(0, x.size(0) / 2, x.size(0) / 2));
  });
  m.def("wish(str name, bool loud) -> str", [](std::string name, bool loud) { return loud ? name + "!" : name; });
}
TORCH_LIBRARY_IMPL(test_cpp, CompositeImplicitAutograd, m) { m.impl("scaled", scaled); }
`

const { path: libtorch } = JSON.parse(
  readFileSync(fileURLToPath(new URL('../../build/libtorch.json', import.meta.url)), 'utf8'),
) as { path: string }
const compiler = ['g++', 'clang++'].find((name) => spawnSync(name, ['--version']).status === 0)

describe.skipIf(compiler === undefined)('torch.ops.load_library (needs a C++ compiler)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'typetorch-load-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const library = join(folder, 'libtest_cpp.so')

  it('opens a library, whose operators are typed by their schemas', { timeout: 600_000 }, async () => {
    writeFileSync(join(folder, 'test.cpp'), source)
    const include = ['include', 'include/torch/csrc/api/include'].map((name) => `-I${join(libtorch, name)}`)
    const built = spawnSync(
      compiler!,
      [
        '-O0',
        '-std=c++20',
        '-shared',
        '-fPIC',
        ...include,
        join(folder, 'test.cpp'),
        `-L${join(libtorch, 'lib')}`,
        '-lc10',
        '-ltorch_cpu',
        '-o',
        library,
      ],
      { encoding: 'utf8' },
    )
    expect(built.stderr.split('\n').filter((line) => /error/.test(line))).toEqual([])
    expect(() => torch.ops['test_cpp']!['scaled']).toThrow("'test_cpp' object has no attribute 'scaled'")
    torch.ops.load_library(library)
    expect([...torch.ops.loaded_libraries]).toEqual([library])
    const { scaled, halves, wish } = torch.ops['test_cpp']!
    const x = torch.tensor([1, 2], { requires_grad: true })
    expect(scaled!(x).tolist()).toEqual([2, 4])
    expect(scaled!(x, 3, { offsets: [1, 1] }).tolist()).toEqual([5, 8])
    scaled!(x, { factor: 5 }).sum().backward()
    expect(x.grad!.tolist()).toEqual([5, 5])
    const two = halves!(torch.arange(4)) as unknown as { first: torch.Tensor; second: torch.Tensor }
    expect([two.first.tolist(), two.second.tolist()]).toEqual([[0, 1], [2, 3]]) // biome-ignore format: rows
    expect(wish!('peace', true)).toBe('peace!')
    expect(() => scaled!(x, 'y')).toThrow(
      "scaled(): argument 'factor' (position 2) must be float, not string",
    )
    expect(() => scaled!(x, { offset: [1] })).toThrow("did you mean 'offsets'?")
    // Another thread of the process finds it.
    const value = await child_value<number[]>(`
      torch.ops.load_library(${JSON.stringify(library)})
      const worker = start_worker('parentPort.postMessage(torch.ops.test_cpp.scaled(torch.ones(2)).tolist())')
      console.log(JSON.stringify(await message(worker)))
    `)
    expect(value).toEqual([2, 2])
  })

  it('refuses what is no library, in the words of the loader', () => {
    expect(() => torch.ops.load_library('/nowhere/none.so')).toThrow(
      '/nowhere/none.so: cannot open shared object file: No such file or directory',
    )
    const text = join(folder, 'text.so')
    writeFileSync(text, 'no library')
    expect(() => torch.ops.load_library(text)).toThrow(/file too short|invalid ELF header/)
  })
})

describe('threads', () => {
  it('a kernel runs on its own thread only, and goes with it', async () => {
    const [called, elsewhere, gone] = await child_value<[number, string, string]>(`
      const worker = start_worker(\`
        const library = new torch.library.Library('test_thread', 'DEF')
        library.define('seven(Tensor x) -> Tensor')
        library.impl('seven', (x) => torch.full_like(x, 7), 'CPU')
        parentPort.postMessage(torch.ops.test_thread.seven(torch.ones(1)).item())
        parentPort.once('message', () => process.exit())
      \`)
      const called = await message(worker)
      const say = (call) => { try { call(); return '' } catch (error) { return error.message } }
      const seven = torch.ops.test_thread.seven
      const elsewhere = say(() => seven(torch.ones(1)))
      worker.postMessage('end')
      await ended(worker)
      const gone = say(() => seven(torch.ones(1)))
      console.log(JSON.stringify([called, elsewhere, gone]))
    `)
    expect(called).toBe(7)
    expect(elsewhere).toBe('a function written in JavaScript was called on another thread than its own')
    expect(gone).toBe('the operator was unregistered with its library')
  })

  it('backward on a thread of LibTorch hops back to it', async () => {
    const native_entry = new URL('../../dist/native.js', import.meta.url).href
    const gradient = await child_value<number[]>(`
      const { native } = await import('${native_entry}')
      const cube = torch.library.custom_op('test_thread::cube', (x) => x.pow(3), { mutates_args: [], schema: '(Tensor x) -> Tensor' })
      cube.register_autograd((ctx, g) => g.mul(ctx.saved_tensors[0].pow(2)).mul(3), { setup_context: (ctx, [x]) => ctx.save_for_backward(x) })
      native.serve_backward(true)
      const x = torch.tensor([2, 3], { requires_grad: true })
      cube(cube(x)).sum().backward()
      console.log(JSON.stringify(x.grad.tolist()))
    `)
    expect(gradient).toEqual([9 * 256, 9 * 6561])
  })
})
