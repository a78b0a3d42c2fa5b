import type { Case, Folder } from './folder.js'
import { read_kind } from './folder.js'
import { kinds } from './kinds/index.js'
import type { Bytes } from './values.js'

/** What became of one kind. */
export interface Tally {
  kind: string
  passed: number
  failed: number
  /** By operator (module, optimizer, …): how many failed of how many, and the first difference. */
  groups: Map<string, { failed: number; total: number; first: string }>
}

/** The operator, module, … that a case belongs to. */
export function group_of(kind: string, recorded: Case): string {
  return String(recorded[kinds[kind]?.group ?? 'op'] ?? kind)
}

function label_of(recorded: Case): string {
  const parts = [recorded['variant'], recorded['desc'], recorded['sample'] ?? recorded['case']]
  return parts
    .filter((part) => typeof part === 'number' || (typeof part === 'string' && part !== ''))
    .join(' ')
}

/** Runs one case; what is thrown is what is wrong. */
export async function run_one(
  kind: string,
  recorded: Case,
  memory: Bytes,
  folder: string,
): Promise<string | null> {
  const found = kinds[kind]
  if (found === undefined) return `no runner for the kind ${kind}`
  try {
    return await found.run(recorded, memory, folder)
  } catch (error) {
    if (!(error instanceof Error)) return `threw ${String(error)}`
    return `threw ${error.name}: ${error.message.split('\n')[0]}`
  }
}

/** Runs the cases of a kind that `wanted` lets through. */
export async function run_kind(
  folder: Folder,
  kind: string,
  wanted: (group: string, place: number) => boolean = () => true,
): Promise<Tally> {
  const { cases, bytes } = read_kind(folder, kind)
  const tally: Tally = { kind, passed: 0, failed: 0, groups: new Map() }
  for (const [place, recorded] of cases.entries()) {
    const name = group_of(kind, recorded)
    if (!wanted(name, place)) continue
    const group = tally.groups.get(name) ?? { failed: 0, total: 0, first: '' }
    tally.groups.set(name, group)
    group.total++
    const wrong = await run_one(kind, recorded, bytes, folder.path)
    if (wrong === null) {
      tally.passed++
      continue
    }
    tally.failed++
    group.failed++
    const label = label_of(recorded)
    if (group.first === '') group.first = label === '' ? wrong : `(${label}) ${wrong}`
  }
  return tally
}

/** What failed, grouped by operator. */
export function failures_of(tally: Tally): string[] {
  return [...tally.groups]
    .filter(([, group]) => group.failed > 0)
    .map(
      ([name, { failed, total, first }]) => `${tally.kind}: ${name}: ${failed} of ${total} failed: ${first}`,
    )
}

/** `cases: 1622 passed, 0 failed` */
export function summary_of(tally: Tally): string {
  return `${tally.kind}: ${tally.passed} passed, ${tally.failed} failed`
}
