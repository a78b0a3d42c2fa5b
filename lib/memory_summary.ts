import { fileURLToPath } from 'node:url'
import { frames_above } from './call_stack.js'
import { dtype_of_code } from './dtype.js'
import { value_error } from './errors.js'
import { expect_bool } from './expect.js'
import { collect_all, memory_stats } from './memory.js'
import { type Handle, native } from './native.js'
import { keyword, optional } from './python/parameters.js'
import { callable, type KeywordsOf, signature } from './python/signature.js'
import { handle_of, type Tensor, watch_new } from './tensor.js'

const MEMORY_SUMMARY = signature('memory_summary', {
  /** What goes into one row: tensors of one dtype, shape and device, or those that one line made. Default: `'shape'`. */
  by: keyword<'shape' | 'line'>('shape'),
  /** How many rows at most, the largest first. Default: 20. */
  limit: keyword(20),
})

/** Options of {@link memory_summary}. */
export type MemorySummaryOptions = KeywordsOf<typeof MEMORY_SUMMARY>

/** Which line made the tensor of a handle; null while nothing is traced. */
let lines: Map<Handle, string> | null = null

// Frames of this library, of Node and of compiled calls make nothing by themselves.
const OWN = new URL('.', import.meta.url)
const NOT_THEIRS = [OWN.href, fileURLToPath(OWN), 'node:', '<anonymous>', '(native)']
const FRAMES = 60

function line_of_caller(): string {
  const frame = frames_above(line_of_caller, FRAMES).find(
    (line) => !NOT_THEIRS.some((part) => line.includes(part)),
  )
  if (frame === undefined) return 'no line of a program'
  return /\(?((?:file:\/\/)?[^\s(]+:\d+:\d+)\)?$/.exec(frame)?.[1]?.replace('file://', '') ?? frame.trim()
}

/**
 * Has the line that makes a tensor be noted from now on, for {@link memory_summary} by line; false ends it and forgets the
 * lines. It takes tens of µs a tensor: for looking for a leak, not for good.
 *
 * @param enabled - Default: true
 */
export const trace_memory = callable(
  signature('trace_memory', { enabled: optional(true, expect_bool) }),
  (enabled): void => {
    if (enabled && lines !== null) return
    lines = enabled ? new Map() : null
    watch_new(note_line, enabled)
  },
)

function note_line(tensor: Tensor): void {
  lines?.set(handle_of(tensor), line_of_caller())
}

interface Row {
  cells: readonly string[]
  tensors: number
  bytes: number
}

const count_text = (count: number): string => count.toLocaleString('en-US')

function size_text(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB']
  let [value, unit] = [bytes, 0]
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024
  return unit === 0 ? `${count_text(bytes)} bytes` : `${value.toFixed(1)} ${units[unit]!}`
}

// Sparse tensors and others without memory of one piece have none of their own.
function storage_of(handle: Handle): [address: number, bytes: number] {
  try {
    return native.storage(handle)
  } catch {
    return [0, 0]
  }
}

function cells_of(handle: Handle, by: 'shape' | 'line'): string[] {
  if (by === 'line') return [lines?.get(handle) ?? 'before trace_memory()']
  return [
    dtype_of_code(native.dtype(handle)).name,
    `[${native.shape(handle).join(', ')}]`,
    native.device(handle),
  ]
}

/** Rows in columns, numbers to the right. */
function table_of(header: readonly string[], rows: readonly Row[]): string {
  const texts = [
    [...header, 'tensors', 'bytes'],
    ...rows.map(({ cells, tensors, bytes }) => [...cells, count_text(tensors), count_text(bytes)]),
  ]
  const widths = texts[0]!.map((_, i) => Math.max(...texts.map((cells) => cells[i]!.length)))
  return texts
    .map((cells) =>
      cells
        .map((cell, i) => (i < header.length ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/**
 * What tensors there are, as a table: how many and how many bytes of each dtype and shape, the largest first, or of each
 * line that made them since {@link trace_memory}. Garbage is collected first, so what is listed is what the program holds.
 * Memory that several tensors share counts once, for the oldest of them.
 *
 * @param options - by, limit
 * @throws ValueError for another `by` or a limit below 1
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.trace_memory()
 * const kept = [torch.zeros(1000), torch.zeros(1000)]
 * console.log(torch.memory_summary())
 * console.log(torch.memory_summary({ by: 'line', limit: 5 }))
 * torch.trace_memory(false)
 * ```
 */
export function memory_summary(options?: MemorySummaryOptions): string
export function memory_summary(...args: unknown[]): string {
  const { by, limit } = MEMORY_SUMMARY.take(args)
  if (by !== 'shape' && by !== 'line')
    throw value_error(`memory_summary(): argument 'by' must be 'shape' or 'line', but got ${String(by)}`)
  if (!(Number.isInteger(limit) && limit >= 1))
    throw value_error(
      `memory_summary(): argument 'limit' must be a whole number of at least 1, but got ${limit}`,
    )
  collect_all()
  const rows = new Map<string, Row>()
  const seen = new Set<string>()
  let [tensors, bytes] = [0, 0]
  for (const handle of native.alive_handles()) {
    const cells = cells_of(handle, by)
    const [address, size] = storage_of(handle)
    const storage = `${native.device(handle)} ${address}`
    const fresh = seen.has(storage) ? 0 : size
    seen.add(storage)
    const key = cells.join('\n')
    const row = rows.get(key) ?? { cells, tensors: 0, bytes: 0 }
    rows.set(key, { cells, tensors: row.tensors + 1, bytes: row.bytes + fresh })
    tensors++
    bytes += fresh
  }
  const sorted = [...rows.values()].sort((a, b) => b.bytes - a.bytes || b.tensors - a.tensors)
  const { alive_bytes, peak_bytes } = memory_stats()
  return [
    `${count_text(tensors)} tensors hold ${size_text(bytes)}; the process has ${size_text(alive_bytes)} on the CPU, ${size_text(peak_bytes)} at its peak`,
    table_of(by === 'shape' ? ['dtype', 'shape', 'device'] : ['line'], sorted.slice(0, limit)),
    ...(sorted.length > limit ? [`and ${count_text(sorted.length - limit)} more rows`] : []),
  ].join('\n')
}
