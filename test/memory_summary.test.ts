import * as torch from 'typetorch'
import { afterEach, describe, expect, expectTypeOf, test } from 'vitest'

/** The rows of a summary: the cells of each, as they stand between two spaces or more. */
function rows_of(summary: string): string[][] {
  return summary.split('\n').map((line) => line.split(/ {2,}/))
}

// Nobody else makes tensors of such shapes.
const SHAPE = [7, 1013]
const bytes = 7 * 1013 * 4

afterEach(() => torch.trace_memory(false))

describe('memory_summary', () => {
  test('counts by dtype and shape; shared memory once, garbage not at all', () => {
    const kept = [torch.zeros(SHAPE), torch.zeros(SHAPE), torch.zeros(SHAPE, { dtype: torch.float64 })]
    const view = kept[0]!.view(1013, 7)
    for (let i = 0; i < 50; i++) torch.ones(SHAPE)
    const summary = torch.memory_summary({ limit: 1000 })
    expectTypeOf(summary).toEqualTypeOf<string>()
    expect(summary).toMatch(
      /^\d+ tensors hold [\d.]+ [KM]iB; the process has .* on the CPU, .* at its peak\n/,
    )
    const rows = rows_of(summary)
    expect(rows[1]).toEqual(['dtype', 'shape', 'device', 'tensors', 'bytes'])
    const text = (count: number) => count.toLocaleString('en-US')
    expect(rows).toContainEqual(['float32', '[7, 1013]', 'cpu', '2', text(2 * bytes)])
    expect(rows).toContainEqual(['float64', '[7, 1013]', 'cpu', '1', text(2 * bytes)])
    expect(rows).toContainEqual(['float32', '[1013, 7]', 'cpu', '1', '0'])
    expect(view.shape).toEqual([1013, 7])
  })

  test('lists the largest first, and says how many it leaves out', () => {
    const kept = [torch.zeros(3, 1009), torch.zeros(5, 1009)]
    const lines = torch.memory_summary({ limit: 1 }).split('\n')
    expect(lines).toHaveLength(4)
    expect(lines[3]).toMatch(/^and \d+ more rows$/)
    const order = rows_of(torch.memory_summary({ limit: 1000 })).map(([, shape]) => shape)
    expect(order.indexOf('[5, 1009]')).toBeLessThan(order.indexOf('[3, 1009]'))
    expect(order).toContain('[3, 1009]')
    kept.length = 0
  })

  test('by the line that made what is alive', () => {
    const before = torch.zeros(11)
    torch.trace_memory()
    const kept = Array.from({ length: 3 }, () => torch.zeros(SHAPE).add(1))
    const scoped = torch.scope(() => torch.zeros(2, 2).mul(2))
    const rows = rows_of(torch.memory_summary({ by: 'line', limit: 1000 })).slice(2)
    const mine = rows.filter(([line]) => line?.includes('memory_summary.test.ts:'))
    expect(mine.map(([, count, size]) => [count, size])).toEqual([
      ['3', (3 * bytes).toLocaleString('en-US')],
      ['1', '16'],
    ])
    expect(mine[0]![0]).toMatch(/memory_summary\.test\.ts:\d+:\d+$/)
    expect(rows.map(([line]) => line)).toContain('before trace_memory()')
    torch.trace_memory(false)
    expect(torch.memory_summary({ by: 'line' })).not.toContain('memory_summary.test.ts')
    expect([before.numel(), kept.length, scoped.numel()]).toEqual([11, 3, 4])
  })

  test('errors', () => {
    expect(() => torch.memory_summary({ by: 'age' as 'line' })).toThrow(
      "memory_summary(): argument 'by' must be 'shape' or 'line', but got age",
    )
    expect(() => torch.memory_summary({ limit: 0 })).toThrow(
      "memory_summary(): argument 'limit' must be a whole number of at least 1, but got 0",
    )
    expect(() => torch.memory_summary({ lines: 3 } as object)).toThrow(
      "memory_summary() got an unexpected keyword argument 'lines'",
    )
    expect(() => torch.trace_memory(1 as unknown as boolean)).toThrow(
      "trace_memory(): argument 'enabled' must be bool, not ",
    )
  })
})
