import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'
import { temporary_folder } from '../helpers/folder.js'
import { live_torch, run_python } from '../helpers/python.js'

const { from_dlpack, to_dlpack, DLDeviceType } = torch.utils.dlpack
setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

describe('DLPack within the library', () => {
  it('gives a tensor over the same memory', () => {
    const x = torch.arange(4)
    const y = from_dlpack(to_dlpack(x))
    const z = torch.from_dlpack(x)
    y.fill_(7)
    expect([x.tolist(), z.tolist()]).toEqual([[7, 7, 7, 7], [7, 7, 7, 7]]) // biome-ignore format: rows
    expect([y.data_ptr(), z.data_ptr()]).toEqual([x.data_ptr(), x.data_ptr()])
  })

  it('keeps sizes, strides, offset and dtype', () => {
    const base = torch.arange(24, { dtype: torch.float64 }).reshape(2, 3, 4)
    for (const x of [base.transpose(0, 2), base.at('1:', '::2'), base.select(2, 1), base.expand(2, 3, 4)]) {
      const y = from_dlpack(x)
      expect([y.shape, y.stride(), y.data_ptr()]).toEqual([x.shape, x.stride(), x.data_ptr()])
      expect(torch.equal(x, y)).toBe(true)
    }
    expect(from_dlpack(torch.tensor(3)).shape).toEqual([])
    expect(from_dlpack(torch.ones(0, 3)).shape).toEqual([0, 3])
  })

  it.each([
    torch.bool,
    torch.uint8,
    torch.int8,
    torch.int16,
    torch.int32,
    torch.int64,
    torch.uint16,
    torch.uint32,
    torch.uint64,
    torch.float16,
    torch.bfloat16,
    torch.float32,
    torch.float64,
    torch.complex64,
    torch.complex128,
    torch.float8_e4m3fn,
    torch.float8_e5m2,
  ])('goes through as %s', (dtype) => {
    const x = torch.ones(3).to(dtype)
    const y = from_dlpack(to_dlpack(x))
    expect(y.dtype).toBe(dtype)
    expect(y.view(torch.uint8).tolist()).toEqual(x.view(torch.uint8).tolist())
  })

  it('is taken once', () => {
    const capsule = to_dlpack(torch.ones(2))
    from_dlpack(capsule)
    expect(() => from_dlpack(capsule)).toThrow(
      'from_dlpack received an invalid capsule. Note that DLTensor capsules can be consumed only once, so you might have ' +
        'already constructed a tensor from it once.',
    )
  })

  it('keeps the memory alive on its own', () => {
    const y = from_dlpack(to_dlpack(torch.full([1000], 5)))
    gc()
    for (let i = 0; i < 5_000; i++) torch.ones(1000)
    expect(y.sum().item()).toBe(5000)
  })

  it('says where the memory is, and copies on request', () => {
    const x = torch.ones(2)
    expect(x.__dlpack_device__()).toEqual([DLDeviceType.kDLCPU, 0])
    expect(from_dlpack(x, { copy: true }).data_ptr()).not.toBe(x.data_ptr())
    expect(from_dlpack(x, { copy: false }).data_ptr()).toBe(x.data_ptr())
    expect(from_dlpack(x, { device: 'cpu' }).data_ptr()).toBe(x.data_ptr())
  })

  it('asks an object that exchanges itself', () => {
    const x = torch.ones(2)
    const asked: unknown[] = []
    const other = {
      __dlpack_device__: () => [1, 0] as const,
      __dlpack__: (request?: object) => {
        asked.push(request)
        return x.__dlpack__()
      },
    }
    expect(from_dlpack(other).data_ptr()).toBe(x.data_ptr())
    expect(asked).toEqual([{ max_version: [1, 0], copy: null }])
  })
})

describe('DLPack refuses', () => {
  it.each<[string, () => unknown, string, string]>([
    [
      'gradients',
      () => torch.ones([2], { requires_grad: true }).__dlpack__(),
      'BufferError',
      "Can't export tensors that require gradient, use tensor.detach()",
    ],
    [
      'conjugate views',
      () => torch.ones([2], { dtype: torch.complex64 }).conj().__dlpack__(),
      'BufferError',
      "Can't export tensors with the conjugate bit set",
    ],
    [
      'negative views',
      () => torch.ones([2], { dtype: torch.complex64 }).conj().imag.__dlpack__(),
      'BufferError',
      "Can't export tensors with the negative bit set",
    ],
    [
      'sparse tensors',
      () => torch.eye(2).to_sparse().__dlpack__(),
      'BufferError',
      "Can't export tensors with layout other than torch.strided",
    ],
    [
      'a stream on the CPU',
      () => torch.ones(1).__dlpack__({ stream: 3 }),
      'AssertionError',
      'stream should be None on cpu.',
    ],
    [
      'a stream that is no number',
      () => torch.ones(1).__dlpack__({ stream: 'x' as unknown as number }),
      'TypeError',
      "__dlpack__(): argument 'stream' must be int or null, not string",
    ],
    [
      'another device without a copy',
      () =>
        from_dlpack(
          { __dlpack_device__: () => [2, 0], __dlpack__: () => null },
          { device: 'cpu', copy: false },
        ),
      'ValueError',
      'cannot move DLPack tensor from device (2, 0) to (1, 0) without copying. Set copy=None or copy=True.',
    ],
    [
      'a device with a capsule',
      () => from_dlpack(to_dlpack(torch.ones(1)), { device: 'cpu' }),
      'AssertionError',
      'device and copy kwargs not supported when ext_tensor is already a DLPack capsule.',
    ],
    [
      'what is no capsule',
      () => from_dlpack({}),
      'TypeError',
      "from_dlpack(): argument 'ext_tensor' must be a DLPack capsule or have __dlpack__ and __dlpack_device__, not Object",
    ],
    [
      'an answer that is no capsule',
      () => from_dlpack({ __dlpack_device__: () => [1, 0], __dlpack__: () => 3 }),
      'RuntimeError',
      'from_dlpack received an invalid capsule.',
    ],
    [
      'what is no tensor',
      () => to_dlpack(3 as unknown as torch.Tensor),
      'TypeError',
      "to_dlpack(): argument 'tensor' must be Tensor, not number",
    ],
  ])('%s', (_, call, name, message) => {
    expect(call).toThrow(expect.objectContaining({ name, message: expect.stringContaining(message) }))
  })
})

it.skipIf(live_torch() === null)('the errors are Python’s', () => {
  const said = run_python(`
import json, torch
calls = [lambda: torch.ones(2, requires_grad=True).__dlpack__(), lambda: torch.ones(2, dtype=torch.complex64).conj().__dlpack__(),
  lambda: torch.eye(2).to_sparse().__dlpack__(), lambda: torch.ones(1).__dlpack__(stream=3)]
said = []
for call in calls:
    try: call()
    except Exception as error: said.append([type(error).__name__, str(error)])
print(json.dumps(said))`)
  const ours = [
    () => torch.ones([2], { requires_grad: true }).__dlpack__(),
    () => torch.ones([2], { dtype: torch.complex64 }).conj().__dlpack__(),
    () => torch.eye(2).to_sparse().__dlpack__(),
    () => torch.ones(1).__dlpack__({ stream: 3 }),
  ].map((call) => {
    try {
      call()
    } catch (error) {
      return [(error as Error).name, (error as Error).message]
    }
    return []
  })
  expect(ours).toEqual(said)
})

interface Neighbour {
  produce(device: number, offset: number, tagged: number): object
  consume(capsule: object): number[]
  deleted(): number
}

const compiler = ['gcc', 'cc', 'clang'].find((name) => spawnSync(name, ['--version']).status === 0)

describe.skipIf(compiler === undefined)('another addon (needs a C compiler)', () => {
  const file = temporary_folder()
  const load = (): Neighbour => {
    const { path: libtorch } = JSON.parse(
      readFileSync(fileURLToPath(new URL('../../build/libtorch.json', import.meta.url)), 'utf8'),
    ) as { path: string }
    const require = createRequire(import.meta.url)
    const { include_dir } = require('node-api-headers') as { include_dir: string }
    const built = spawnSync(
      compiler!,
      [
        '-shared',
        '-fPIC',
        `-I${include_dir}`,
        `-I${join(libtorch, 'include')}`,
        '-DNAPI_VERSION=8',
        '-DNODE_GYP_MODULE_NAME=neighbour',
        fileURLToPath(new URL('dlpack_neighbour.c', import.meta.url)),
        '-o',
        file('neighbour.node'),
      ],
      { encoding: 'utf8' },
    )
    expect(built.stderr.split('\n').filter((line) => /error/.test(line))).toEqual([])
    return require(file('neighbour.node')) as Neighbour
  }
  const collected = async (done: () => boolean) => {
    for (let i = 0; i < 20 && !done(); i++) {
      gc()
      for (let k = 0; k < 4_000; k++) torch.ones(1)
      await sleep(5)
    }
  }

  it('gives and takes tensors, and each is let go of once', async () => {
    const neighbour = load()
    const rows = [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]] // biome-ignore format: rows
    const use = () => {
      const x = from_dlpack(neighbour.produce(DLDeviceType.kDLCPU, 0, 1))
      const y = from_dlpack(neighbour.produce(DLDeviceType.kDLCPU, 5, 1))
      expect([x.tolist(), y.tolist(), x.stride()]).toEqual([rows, rows, [4, 1]])
      expect(neighbour.deleted()).toBe(0)
      x.dispose()
      expect(neighbour.deleted()).toBe(1)
      y.add_(1)
    }
    use()
    await collected(() => neighbour.deleted() === 2)
    expect(neighbour.deleted()).toBe(2)

    // Nobody takes it.
    ;(() => void neighbour.produce(DLDeviceType.kDLCPU, 0, 1))()
    await collected(() => neighbour.deleted() === 3)
    expect(neighbour.deleted()).toBe(3)

    // Refused, and still its producer's: it is let go of with the capsule.
    ;(() => {
      expect(() => from_dlpack(neighbour.produce(DLDeviceType.kDLCUDA, 0, 1))).toThrow(
        /from_dlpack\(\): the capsule's tensor is on the device cuda:0, which is not there|CUDA/,
      )
      expect(() => from_dlpack(neighbour.produce(DLDeviceType.kDLWebGPU, 0, 1))).toThrow(/[Dd]evice/)
      expect(() => from_dlpack(neighbour.produce(DLDeviceType.kDLCPU, 0, 0))).toThrow('invalid capsule')
    })()
    await collected(() => neighbour.deleted() === 6)
    expect(neighbour.deleted()).toBe(6)
  })

  it('sees our memory, and lets go of it', async () => {
    const neighbour = load()
    const x = torch.ones(4, 3).t()
    expect(neighbour.consume(to_dlpack(x))).toEqual([2, 32, 2, 1, 12])
    expect(x.tolist()).toEqual(Array(3).fill([2, 2, 2, 2]))
    const capsule = to_dlpack(x)
    from_dlpack(capsule)
    expect(neighbour.consume(capsule)).toEqual([])
    const before = torch.memory_stats().alive_bytes
    ;(() => {
      for (let i = 0; i < 10; i++) neighbour.consume(to_dlpack(torch.ones(1 << 18)))
      for (let i = 0; i < 10; i++) to_dlpack(torch.ones(1 << 18))
    })()
    await collected(() => torch.memory_stats().alive_bytes < before + (1 << 20))
    expect(torch.memory_stats().alive_bytes).toBeLessThan(before + (1 << 20))
  })
})
