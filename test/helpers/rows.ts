import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as torch from 'typetorch'
import { expect, it } from 'vitest'
import { live_torch, run_python } from './python.js'

/** The same work in Python, as an expression, and here; a call that throws is compared by its class and first line. */
export interface Row {
  python: string
  ours: () => unknown
}

const PYTHON = `
import json, sys, warnings, torch, math
import torch.nn as nn
import torch.nn.functional as F
warnings.simplefilter('ignore')
torch.set_num_threads(1)
exec(sys.argv[2])
def described(v):
    if isinstance(v, torch.Tensor):
        v = v.detach()
        if v.layout != torch.strided: return ['sparse', str(v.layout), described(v.to_dense())]
        raw = v.contiguous().reshape(-1).view(torch.uint8) if v.numel() else v.new_empty(0, dtype=torch.uint8)
        return [str(v.dtype), list(v.shape), bytes(raw.tolist()).hex()]
    if isinstance(v, (list, tuple)): return [described(item) for item in v]
    if isinstance(v, dict): return {str(k): described(item) for k, item in v.items()}
    if isinstance(v, float): return str(v) if math.isnan(v) or math.isinf(v) else v
    if v is None or isinstance(v, (bool, int, str)): return v
    return str(v)
answers = []
for expression in json.load(open(sys.argv[1])):
    torch.manual_seed(3)
    try: answers.append(described(eval(expression)))
    except Exception as e: answers.append({'error': type(e).__name__, 'message': str(e).split('\\n')[0]})
print(json.dumps(answers))
`

function described(value: unknown): unknown {
  if (value instanceof torch.Tensor) {
    if (value.layout !== torch.strided) return ['sparse', String(value.layout), described(value.to_dense())]
    const { buffer, byteOffset, byteLength } = value.detach().typed_array({ copy: true })
    return [String(value.dtype), value.shape, Buffer.from(buffer, byteOffset, byteLength).toString('hex')]
  }
  if (Array.isArray(value)) return [...value].map(described)
  if (value === undefined || value === null) return null
  if (typeof value === 'number') {
    if (Number.isNaN(value)) return 'nan'
    return Number.isFinite(value) ? value : value > 0 ? 'inf' : '-inf'
  }
  if (typeof value === 'bigint') return Number(value)
  if (Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, described(item)]))
  }
  return typeof value === 'object' ? String(value) : value
}

const is_error = (answer: unknown): answer is { error: string; message: string } =>
  typeof answer === 'object' && answer !== null && 'error' in answer && 'message' in answer

function outcome(ours: () => unknown): unknown {
  const threads = torch.get_num_threads()
  torch.set_num_threads(1)
  torch.manual_seed(3)
  try {
    return described(ours())
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return { error: error.name, message: error.message.split('\n')[0] }
  } finally {
    torch.set_num_threads(threads)
  }
}

function answers_of(rows: readonly Row[], prelude: string): unknown[] {
  const folder = mkdtempSync(join(tmpdir(), 'rows-'))
  try {
    const file = join(folder, 'rows.json')
    writeFileSync(file, JSON.stringify(rows.map((row) => row.python)))
    return run_python(PYTHON, [file, prelude]) as unknown[]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/**
 * A test for each row: what Python answers, to the last bit. Both sides draw under `manual_seed(3)`.
 *
 * @param prelude - Python that the rows' expressions stand on
 */
export function compare_rows(rows: readonly Row[], prelude = ''): void {
  const python = live_torch()
  const answers = python === null ? [] : answers_of(rows, prelude)
  it.skipIf(python === null).each(rows.map((row, i) => [row.python, row.ours, i] as const))(
    '%s',
    (_, ours, i) => {
      const expected = answers[i]
      const found = outcome(ours)
      // An error that no row expects says more by its own words than by a difference.
      if (is_error(found) && !is_error(expected)) throw new Error(`${found.error}: ${found.message}`)
      expect(found).toEqual(expected)
    },
  )
}
