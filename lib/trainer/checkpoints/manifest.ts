import { createHash } from 'node:crypto'
import { createReadStream, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { make_error } from '../../errors.js'
import { own, own_value } from '../../own.js'
import { write_whole } from '../../serialization/atomic.js'
import { read_text } from '../../serialization/read_file.js'
import { cannot_read, type SystemError } from '../../serialization/system_error.js'
import { is_state, VERSION } from '../version.js'

const MANIFEST = 'manifest.json'
const CHECKPOINT = /^step-(\d{8,})(?:\.(\d+))?\.pt$/
/** What a process that was killed while it wrote left behind. */
const UNFINISHED = /^\.(?:step-\d+(?:\.\d+)?\.pt|manifest\.json)\.(?:\d+|[0-9a-f]{12})\.tmp$/

/** What the manifest says of a checkpoint. */
export interface CheckpointEntry {
  /** The file's name in the folder. */
  file: string
  step: number
  epoch: number
  /** Of all of the file's bytes; null for one that is in no manifest. */
  sha256: string | null
  bytes: number
  /** Metrics that were computed right before it was saved; null for one that is not finite. */
  metrics: Record<string, number | null>
  /** When it was saved, in ISO 8601. */
  saved_at: string
}

function order_of(file: string): [step: number, n: number] {
  const [, step, n = '0'] = CHECKPOINT.exec(file)!
  return [Number(step), Number(n)]
}

/** The name of a step's next checkpoint: one may be saved within an epoch, and one after its end. */
export function next_name(entries: readonly CheckpointEntry[], step: number): string {
  const orders = entries.map(({ file }) => order_of(file)).filter(([other]) => other === step)
  const n = Math.max(-1, ...orders.map(([, n]) => n)) + 1
  return `step-${String(step).padStart(8, '0')}${n === 0 ? '' : `.${n}`}.pt`
}

function by_age(a: CheckpointEntry, b: CheckpointEntry): number {
  const [[step_a, n_a], [step_b, n_b]] = [order_of(a.file), order_of(b.file)]
  return step_a - step_b || n_a - n_b
}

/** An entry as a manifest has it, with what is missing or senseless left empty; null for none at all. */
function entry_of(value: unknown): CheckpointEntry | null {
  const given = own((value ?? {}) as { [key in keyof CheckpointEntry]?: unknown })
  const { file, epoch, sha256, bytes, metrics, saved_at } = given
  if (typeof file !== 'string' || !CHECKPOINT.test(file)) return null
  const numbers = Object.entries((metrics ?? {}) as object).filter(
    ([, number]) => number === null || typeof number === 'number',
  )
  return {
    file,
    step: order_of(file)[0],
    epoch: typeof epoch === 'number' ? epoch : 0,
    sha256: typeof sha256 === 'string' ? sha256 : null,
    bytes: typeof bytes === 'number' ? bytes : 0,
    metrics: Object.fromEntries(numbers),
    saved_at: typeof saved_at === 'string' ? saved_at : '',
  }
}

function read_manifest(operator: string, folder: string): CheckpointEntry[] {
  const path = join(folder, MANIFEST)
  const text = read_text(operator, path)
  if (text === null) return []
  const warn = (what: string, then: string) =>
    process.emitWarning(`'${path}' is damaged (${what}); ${then}`, 'UserWarning')
  const without = "the folder's checkpoints are read without it"
  let manifest: unknown
  try {
    manifest = JSON.parse(text)
  } catch (error) {
    warn((error as Error).message, without)
    return []
  }
  if (is_state(manifest) && manifest.version > VERSION)
    throw make_error(
      'NewerVersionError',
      `Trainer: '${path}' is of format version ${manifest.version}; this version of typetorch reads up to ${VERSION}`,
    )
  const checkpoints = own_value(manifest, 'checkpoints')
  if (!Array.isArray(checkpoints)) {
    warn('it is no manifest', without)
    return []
  }
  const entries = checkpoints.map(entry_of).filter((entry) => entry !== null)
  if (entries.length < checkpoints.length)
    warn(`${checkpoints.length - entries.length} of its entries name no checkpoint`, 'they are passed over')
  // One entry a file.
  return [...new Map(entries.map((entry) => [entry.file, entry])).values()]
}

/** The names in a folder. */
function names_in(operator: string, folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    throw cannot_read(operator, folder, error as SystemError)
  }
}

/** What is known of a file that is in no manifest. */
function unlisted(folder: string, file: string): CheckpointEntry {
  const entry = { file, step: order_of(file)[0], epoch: 0, sha256: null, metrics: {} }
  try {
    const { size, mtime } = statSync(join(folder, file))
    return { ...entry, bytes: size, saved_at: mtime.toISOString() }
  } catch {
    // A link to nothing: reading it says so.
    return { ...entry, bytes: 0, saved_at: '' }
  }
}

/**
 * All checkpoints of a folder, the oldest first: those of the manifest, and whole files that did not get into it.
 *
 * @throws RuntimeError with the system's `code` and the `path`, where the folder or its manifest cannot be read
 */
export function list_checkpoints(operator: string, folder: string): CheckpointEntry[] {
  const names = new Set(names_in(operator, folder))
  const listed = read_manifest(operator, folder).filter(({ file }) => names.has(file))
  const known = new Set(listed.map(({ file }) => file))
  const others = [...names].filter((file) => CHECKPOINT.test(file) && !known.has(file))
  return [...listed, ...others.map((file) => unlisted(folder, file))].sort(by_age)
}

/** Names of files that were never finished. */
export function unfinished_files(folder: string): string[] {
  return names_in('Trainer', folder).filter((name) => UNFINISHED.test(name))
}

/** Writes the manifest, all of it or nothing. */
export function write_manifest(folder: string, checkpoints: readonly CheckpointEntry[]): void {
  const manifest = { format: 'typetorch.trainer', version: VERSION, checkpoints }
  write_whole('Trainer', join(folder, MANIFEST), Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`))
}

/** The SHA-256 of a file as hexadecimal digits. */
export async function sha256_of(path: string): Promise<string> {
  const hash = createHash('sha256')
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer)
  } catch (error) {
    throw cannot_read('Trainer', path, error as SystemError)
  }
  return hash.digest('hex')
}
