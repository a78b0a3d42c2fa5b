import { ftruncateSync, openSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import * as torch from 'typetorch'
import { vision } from 'typetorch'
import { afterEach, describe, expect, it } from 'vitest'
import { child_value, run_child } from '../hazards/child.js'
import { temporary_folder } from '../helpers/folder.js'
import { small_disk } from '../helpers/small_disk.js'
import { forge_archive, pickle } from './forge.js'

const { serialization, safetensors } = torch
const { npy } = torch.utils
const path = temporary_folder()

afterEach(() => serialization.set_default_load_limits({}))

/** The error of a call that must be refused for a limit. */
function refused(call: () => unknown): InstanceType<typeof serialization.BudgetError> {
  try {
    call()
  } catch (error) {
    if (error instanceof serialization.BudgetError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** Lists inside each other. */
function nested_lists(depth: number): string {
  return forge_archive(path(`lists-${depth}.pt`), {
    'data.pkl': pickle(Buffer.alloc(depth, ']'), Buffer.alloc(depth - 1, 'a')),
  })
}

/** Dicts inside each other. */
function nested_dicts(depth: number): string {
  const head = Buffer.alloc(3 * (depth - 1), '}K\x01')
  return forge_archive(path(`dicts-${depth}.pt`), {
    'data.pkl': pickle(head, '}', Buffer.alloc(depth - 1, 's')),
  })
}

describe('limits of reading', () => {
  it('are named by their error, with the ways to raise them', () => {
    const file = path('values.pt')
    torch.save(
      Array.from({ length: 1000 }, (_, i) => `text ${i}`),
      file,
    )
    const error = refused(() => torch.load(file, { limits: { bytes: 1000 } }))
    expect(error).toBeInstanceOf(torch.RuntimeError)
    expect([error.name, error.limit]).toEqual(['BudgetError', 'bytes'])
    expect(error.message).toBe(
      `load(): '${file}': more than 1000 bytes of memory would be needed (limit 'bytes'). For a file that you trust pass ` +
        '{ limits: { bytes: … } }, or call torch.serialization.set_default_load_limits({ bytes: … }) for all',
    )
    expect(refused(() => torch.load(file, { limits: { objects: 999 } })).limit).toBe('objects')
    expect(torch.load(file, { limits: { bytes: Number.POSITIVE_INFINITY } })).toHaveLength(1000)
  })

  it('are set for all files, and a file’s own go before them', () => {
    const file = path('x.npy')
    npy.savez_compressed(path('x.npz'), { x: torch.zeros(1000) })
    npy.save(file, torch.zeros(1000))
    serialization.set_default_load_limits({ bytes: 100 })
    expect(serialization.get_default_load_limits()).toEqual({ bytes: 100 })
    expect(refused(() => npy.load_npz(path('x.npz'))).limit).toBe('bytes')
    expect(npy.load(file).numel()).toBe(1000)
    expect(npy.load_npz(path('x.npz'), { limits: { bytes: 10_000 } })['x']!.numel()).toBe(1000)
    serialization.set_default_load_limits({})
    expect(npy.load_npz(path('x.npz'))['x']!.numel()).toBe(1000)
  })

  it('throw for names and values that are none', () => {
    const loose = (limits: unknown) => serialization.set_default_load_limits(limits as never)
    expect(() => loose({ byte: 1 })).toThrow("unexpected keyword argument 'byte'; did you mean 'bytes'?")
    expect(() => loose({ bytes: '1' })).toThrow("limit 'bytes' must be a number, not string")
    expect(() => loose({ bytes: 0 })).toThrow("limit 'bytes' must be positive, got 0")
    expect(() => loose({ bytes: Number.NaN })).toThrow(torch.ValueError)
    expect(() => torch.load(path('x.npy'), { limits: { depths: 1 } as never })).toThrow(TypeError)
    expect(() => torch.load(path('x.npy'), { limit: {} } as never)).toThrow(
      "load(): map_location['limit'] must be a device, not Object",
    )
  })

  it.each([nested_lists, nested_dicts])('of depth: %o', (nested) => {
    expect(torch.load(nested(1000))).toBeTruthy()
    const error = refused(() => torch.load(nested(1001)))
    expect(error.message).toContain('the object is nested too deeply: more than 1000 containers')
    expect(error.limit).toBe('depth')
    expect(torch.load(nested(100_000), { limits: { depth: 100_000 } })).toBeTruthy()
  })

  it('of depth hold what torch.save writes', () => {
    let nested: unknown = 1
    for (let i = 0; i < 900; i++) nested = i % 2 === 0 ? [nested] : { nested }
    torch.save(nested, path('nested.pt'))
    expect(torch.load(path('nested.pt'))).toBeTruthy()
  })

  it('of records: tensors, and entries of an archive', () => {
    const tensors = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`t${i}`, torch.zeros(1)]))
    safetensors.save_file(tensors, path('many.safetensors'))
    torch.save(tensors, path('many.pt'))
    for (const read of [
      () => safetensors.load_file(path('many.safetensors'), { limits: { records: 19 } }),
      () => safetensors.safe_open(path('many.safetensors'), 'pt', 'cpu', { limits: { records: 19 } }),
      () => torch.load(path('many.safetensors'), { limits: { records: 19 } }),
      () => torch.load(path('many.pt'), { limits: { records: 19 } }),
    ])
      expect(refused(read).limit).toBe('records')
    expect(safetensors.load_file(path('many.safetensors'), { limits: { records: 20 } })).toHaveProperty('t19')
  })

  it('of seconds', () => {
    torch.save(
      Array.from({ length: 20_000 }, (_, i) => i),
      path('long.pt'),
    )
    expect(refused(() => torch.load(path('long.pt'), { limits: { seconds: 1e-9 } })).limit).toBe('seconds')
  })

  it('of pixels and bytes of images', async () => {
    const file = path('image.png')
    await vision.io.write_png(torch.zeros([3, 8, 8], { dtype: torch.uint8 }), file)
    await expect(vision.Image.open(file, { limits: { pixels: 63 } })).rejects.toThrow(
      `Image.open(): '${file}': Image size (64 pixels) exceeds limit of 63 pixels, could be decompression bomb DOS attack (limit 'pixels')`,
    )
    await expect(vision.io.read_image(file, { limits: { bytes: 191 } })).rejects.toMatchObject({
      name: 'BudgetError',
      limit: 'bytes',
    })
    expect((await vision.io.read_image(file, { limits: { pixels: 64, bytes: 10_000 } })).shape).toEqual([
      3, 8, 8,
    ])
    serialization.set_default_load_limits({ pixels: 63 })
    await expect(vision.Image.open(file)).rejects.toThrow("limit 'pixels'")
  })

  it('of datasets', () => {
    const idx = (shape: number[]) =>
      Buffer.concat([
        Buffer.from([0, 0, 8, shape.length, ...shape.flatMap((size) => [0, 0, size >> 8, size & 255])]),
        Buffer.alloc(shape.reduce((a, b) => a * b, 1)),
      ])
    // Two gzip files one after the other are one, as pigz and bgzip write them.
    const images = idx([2, 100, 100])
    writeFileSync(
      path('train-images-idx3-ubyte.gz'),
      Buffer.concat([gzipSync(images.subarray(0, 500)), gzipSync(images.subarray(500))]),
    )
    writeFileSync(path('train-labels-idx1-ubyte'), idx([2]))
    expect(new vision.datasets.MNIST(path(''), {}).data.shape).toEqual([2, 100, 100])
    const limits = { bytes: 10_000 }
    expect(refused(() => new vision.datasets.MNIST(path(''), { limits })).message).toContain('MNIST(): ')
  })
})

describe('a descriptor', () => {
  it('of a file that nobody closed goes with its object', async () => {
    safetensors.save_file({ x: torch.ones(3) }, path('open.safetensors'))
    const count = await child_value<number[]>(
      `
import { readdirSync } from 'node:fs'
const open = () => readdirSync('/proc/self/fd').length
const before = open()
let made = 0
for (let i = 0; i < 900; i++) made += torch.safetensors.safe_open(${JSON.stringify(path('open.safetensors'))}).keys().length
const most = open()
for (let i = 0; i < 20 && open() > before + 10; i++) {
  gc()
  await sleep(10)
}
console.log(JSON.stringify([made, most - before, open() - before]))`,
      ['--expose-gc'],
    )
    expect(count[0]).toBe(900)
    expect(count[1]).toBeGreaterThan(100)
    expect(count[2]).toBeLessThan(10)
  })

  it('is closed where a file is refused', () => {
    const before = readdirSync('/proc/self/fd').length
    for (let i = 0; i < 20; i++) {
      expect(() => torch.load(path(''))).toThrow('is a folder')
      expect(() => torch.load(path('x.npy'), { limits: { bytes: -1 } })).toThrow(torch.ValueError)
    }
    expect(readdirSync('/proc/self/fd').length).toBeLessThan(before + 10)
  })
})

// What docs/hazards.md says of mapped files.
describe('a mapped file', () => {
  const file = path('mapped.safetensors')
  const program = (mmap: boolean, change: string) => `
import { renameSync, truncateSync, writeFileSync } from 'node:fs'
const path = ${JSON.stringify(file)}
torch.safetensors.save_file({ x: torch.ones(1 << 20) }, path)
const { x } = torch.safetensors.load_file(path, { mmap: ${mmap} })
${change}
console.log(JSON.stringify(x.sum().item()))`
  const cut = 'truncateSync(path, 4096)'

  it('that is cut ends the process; a copy does not mind', async () => {
    expect(await run_child(program(true, cut))).toMatchObject({ signal: 'SIGBUS' })
    expect(await child_value(program(false, cut))).toBe(1 << 20)
  })

  it('that is written anew by its name stays the old one', async () => {
    const replaced = 'torch.safetensors.save_file({ x: torch.zeros(1 << 20) }, path)'
    expect(await child_value(program(true, replaced))).toBe(1 << 20)
  })
})

describe('from_file with shared', () => {
  const disk = small_disk(1024)

  it.skipIf(disk === null)('throws on a full disk, which is as it was then', () => {
    const file = disk!.path('shared')
    const make = (size: number) => torch.from_file(file, true, size, { dtype: torch.float32 })
    expect(() => make(1 << 20)).toThrow(
      `from_file(): cannot reserve 4194304 bytes for '${file}': No space left on device`,
    )
    expect(() => statSync(file)).toThrow('ENOENT')
    writeFileSync(file, Buffer.alloc(1000))
    expect(() => make(1 << 20)).toThrow('No space left on device')
    expect(statSync(file).size).toBe(1000)
    make(1 << 14).fill_(2)
    expect(
      torch
        .from_file(file, false, 1 << 14)
        .sum()
        .item(),
    ).toBe(1 << 15)
  })

  it.skipIf(disk === null)('reserves the holes of a file', () => {
    const file = disk!.path('holes')
    const open = openSync(file, 'w')
    ftruncateSync(open, 512 << 10)
    expect(statSync(file).blocks).toBe(0)
    torch.from_file(file, true, 128 << 10, { dtype: torch.float32 })
    expect(statSync(file).blocks).toBe((512 << 10) / 512)
    truncateSync(file, 0)
  })
})
