import { readFileSync, statSync } from 'node:fs'
import * as torch from 'typetorch'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { temporary_folder } from '../helpers/folder.js'

const path = temporary_folder()

describe('map_location', () => {
  const file = path('places.pt')
  const saved = () => {
    torch.save({ x: torch.arange(3), y: torch.ones(2) }, file)
    return file
  }

  it('is a device, by its name or itself', () => {
    for (const map_location of ['meta', torch.device('meta')]) {
      const { x } = torch.load<{ x: torch.Tensor }>(saved(), { map_location })
      expect([x.device.type, x.shape, x.dtype]).toEqual(['meta', [3], torch.int64])
    }
    expect(torch.load<{ x: torch.Tensor }>(saved(), 'cpu').x.tolist()).toEqual([0, 1, 2])
  })

  it('is a mapping, or a function of the storage and where it was saved', () => {
    const by_object = torch.load<{ x: torch.Tensor }>(saved(), {
      map_location: { cpu: 'meta', 'cuda:0': 'cpu' },
    })
    expect(by_object.x.device.type).toBe('meta')
    const by_map = torch.load<{ x: torch.Tensor }>(saved(), { map_location: new Map([['cuda:0', 'cpu']]) })
    expect(by_map.x.device.type).toBe('cpu')
    const seen: [number, string][] = []
    const by_function = torch.load<{ x: torch.Tensor; y: torch.Tensor }>(saved(), {
      map_location: (storage, location) => {
        expectTypeOf(storage).toEqualTypeOf<torch.UntypedStorage>()
        seen.push([storage.nbytes(), location])
        return location === 'cpu' && storage.nbytes() === 24 ? storage.to({ device: 'meta' }) : null
      },
    })
    expect(seen).toEqual([
      [24, 'cpu'],
      [8, 'cpu'],
    ])
    expect([by_function.x.device.type, by_function.y.device.type]).toEqual(['meta', 'cpu'])
  })

  it('refuses what is none', () => {
    // @ts-expect-error a boolean is no device
    expect(() => torch.load(saved(), { map_location: true })).toThrow(
      "load(): argument 'map_location' must be a device, a mapping of devices or a function, not boolean",
    )
    expect(() => torch.load(saved(), { map_location: () => 1 as unknown as torch.UntypedStorage })).toThrow(
      'map_location must return a storage or null, not number',
    )
    expect(() => torch.load(saved(), 'cpux')).toThrow('device')
    // @ts-expect-error no path
    expect(() => torch.load(1)).toThrow("load(): argument 'f' must be a path (string or URL) or bytes")
  })
})

describe('mmap', () => {
  it('tensors are the memory of the file, shared as they were, and saved again by themselves', () => {
    const base = torch.arange(1 << 18, { dtype: torch.float32 })
    torch.save(
      { base, row: base.at('5:9'), n: torch.tensor(7n), half: torch.ones(3, { dtype: torch.uint16 }) },
      path('map.pt'),
    )
    const before = torch.memory_stats().alive_bytes
    const mapped = torch.load<Record<'base' | 'row' | 'n' | 'half', torch.Tensor>>(path('map.pt'), {
      mmap: true,
    })
    expect(torch.memory_stats().alive_bytes - before).toBeLessThan(1 << 18)
    expect(mapped.row.tolist()).toEqual([5, 6, 7, 8])
    expect([mapped.n.item(), mapped.half.tolist()]).toEqual([7, [1, 1, 1]])
    mapped.base.set_at(5, -1)
    expect(mapped.row.at(0).item()).toBe(-1)
    expect(torch.load<typeof mapped>(path('map.pt')).base.at(5).item()).toBe(5)
    torch.save({ n: mapped.n, row: mapped.row, base: mapped.base }, path('map_again.pt'))
    const again = torch.load<typeof mapped>(path('map_again.pt'))
    expect(statSync(path('map_again.pt')).size).toBeLessThan(statSync(path('map.pt')).size + 100)
    expect(again.row.tolist()).toEqual([-1, 6, 7, 8])
    expect(again.row.untyped_storage().data_ptr()).toBe(again.base.untyped_storage().data_ptr())
  })

  it('is of files by their path, in the zip format', () => {
    torch.save({ x: torch.ones(2) }, path('bytes.pt'))
    const bytes = readFileSync(path('bytes.pt'))
    expect(torch.load<{ x: torch.Tensor }>(bytes).x.tolist()).toEqual([1, 1])
    expect(() => torch.load(bytes, { mmap: true })).toThrow(
      'f must be a file path in order to use the mmap argument',
    )
    const legacy = new URL('../golden/conformance/files/legacy.pt', import.meta.url)
    expect(() => torch.load(legacy, { mmap: true })).toThrow(
      'mmap can only be used with files saved with torch.save',
    )
  })
})

describe('safe_globals', () => {
  it('are lists of a class or function and its name', async () => {
    const { add_safe_globals, clear_safe_globals, get_safe_globals, safe_globals } = torch.serialization
    const make = () => 1
    add_safe_globals([[make, 'a.make']])
    expect(get_safe_globals()).toEqual([[make, 'a.make']])
    {
      using _ = safe_globals([[Date, 'b.Date']])
      expect(get_safe_globals().length).toBe(2)
    }
    await safe_globals([[Date, 'b.Date']], async () => {
      await Promise.resolve()
      expect(get_safe_globals().length).toBe(2)
    })
    expect(() => safe_globals([[Date, 'b.Date']], () => expect.fail('out'))).toThrow('out')
    expect(get_safe_globals().length).toBe(1)
    clear_safe_globals()
    expect(get_safe_globals()).toEqual([])
    // @ts-expect-error no name
    expect(() => add_safe_globals([Date])).toThrow("each item must be [class or function, 'module.name']")
    // @ts-expect-error no list
    expect(() => add_safe_globals(Date)).toThrow("argument 'safe_globals' must be a list, not function")
  })
})
