import * as torch from 'typetorch'
import { find_operator, seed_for } from '../call.js'
import { compare_tensors, gradients, tensors_in } from '../compare.js'
import type { Case } from '../folder.js'
import {
  type Bytes,
  type Json,
  type Layout,
  make_recorded,
  type RecordedTensor,
  revive,
  revive_keywords,
} from '../values.js'

/** The cases that pass only with matrices that lie column by column. */
export const by_columns = new Set<string>()

/** The cases that pass only where memory that nobody has written to holds zeros. */
export const in_clean_memory = new Set<string>()

/**
 * An operator, its outputs and its gradients. Where the last bits differ, twice more: in clean memory, since some
 * operators read what they have not written (gelsy's pivots: Python's own answers vary with what it freed before), and
 * with matrices that lie column by column, as those that OpInfo factorizes do: strides are not recorded, and LAPACK's
 * answers depend on them.
 */
export function run_case(recorded: Case, memory: Bytes): string | null {
  const wrong = run_with_layout(recorded, memory, 'rows')
  if (wrong === null || !/number \d+ is/.test(wrong)) return wrong
  const name = `${recorded['op']} ${recorded['variant']} ${recorded['sample']}`.replace(/ +/g, ' ')
  clean_memory()
  if (run_with_layout(recorded, memory, 'rows') === null) {
    in_clean_memory.add(name)
    return null
  }
  if (run_with_layout(recorded, memory, 'columns') !== null) return wrong
  by_columns.add(name)
  return null
}

/** Small tensors made from now on find zeros in their memory. */
function clean_memory(): void {
  const zeros = Array.from({ length: 512 }, (_, i) => torch.zeros([1 + (i % 64) * 4]))
  for (const tensor of zeros) tensor.dispose()
}

function run_with_layout(recorded: Case, memory: Bytes, layout: Layout): string | null {
  const op = String(recorded['op'])
  const operator = find_operator(op, String(recorded['variant'] ?? ''))
  if (operator === undefined) return `there is no ${op}`
  const leaves: torch.Tensor[] = []
  const args = revive(recorded['args']!, memory, leaves, layout) as unknown[]
  const keywords = revive_keywords(recorded['kwargs'], memory, leaves, layout)
  torch.manual_seed(seed_for(op, Number(recorded['seed'])))
  const result = operator(args, keywords)
  const expected = recorded['scalar_out'] as Json
  const outputs = tensors_in(result)
  if (expected !== null && expected !== undefined) {
    const answer = revive(expected, memory)
    if (!Object.is(Number(result), Number(answer)))
      return `returned ${String(result)}, expected ${String(answer)}`
  }
  const values = !op.includes('empty')
  const wrong = compare_tensors(
    'output',
    outputs,
    recorded['outputs'] as never as RecordedTensor[],
    memory,
    values,
  )
  if (wrong !== null || recorded['grads'] === undefined) return wrong
  return compare_gradients(outputs, recorded, leaves, memory, recorded['grads'] as never)
}

/** The gradients of Σ output · cotangent against recorded ones. */
export function compare_gradients(
  outputs: readonly torch.Tensor[],
  recorded: Case,
  leaves: readonly torch.Tensor[],
  memory: Bytes,
  expected: readonly (RecordedTensor | null)[],
): string | null {
  const cotangents = recorded['cotangents'] as never as RecordedTensor[]
  const found = gradients(
    outputs,
    cotangents.map((item) => make_recorded(item, memory)),
    leaves,
  )
  if (typeof found === 'string') return found
  return compare_tensors('gradient', found, expected, memory)
}
