import { createHash } from 'node:crypto'
import { createReadStream, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { runtime_error } from '../../errors.js'
import { write_whole } from '../../serialization/atomic.js'
import { is_state, VERSION } from '../version.js'

const MANIFEST = 'manifest.json'
const CHECKPOINT = /^step-(\d{8,})(?:\.(\d+))?\.pt$/
/** What a process that was killed while it wrote left behind. */
const UNFINISHED =
  /^\.(?:step-\d+(?:\.\d+)?\.pt|manifest\.json|trainer\.lock)\.[0-9a-f]{12}\.tmp$|^trainer\.lock\.[0-9a-f]{12}\.tmp$/

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

interface Manifest {
  format: string
  version: number
  checkpoints: CheckpointEntry[]
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

function read_manifest(folder: string): CheckpointEntry[] {
  const path = join(folder, MANIFEST)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  let manifest: Manifest
  try {
    manifest = JSON.parse(text) as Manifest
    if (!is_state(manifest) || !Array.isArray(manifest.checkpoints)) throw new Error('it is no manifest')
  } catch (error) {
    process.emitWarning(
      `'${path}' is damaged (${(error as Error).message}); the folder's checkpoints are read without it`,
      'UserWarning',
    )
    return []
  }
  if (manifest.version > VERSION)
    throw runtime_error(
      `Trainer: '${path}' is of format version ${manifest.version}; this version of typetorch reads up to ${VERSION}`,
    )
  return manifest.checkpoints.filter(({ file }) => typeof file === 'string' && CHECKPOINT.test(file))
}

/** All checkpoints of a folder, the oldest first: those of the manifest, and whole files that did not get into it. */
export function list_checkpoints(folder: string): CheckpointEntry[] {
  const names = new Set(readdirSync(folder))
  const listed = read_manifest(folder).filter(({ file }) => names.has(file))
  const known = new Set(listed.map(({ file }) => file))
  const others = [...names].filter((file) => CHECKPOINT.test(file) && !known.has(file))
  const unlisted = others.map((file): CheckpointEntry => {
    const { size, mtime } = statSync(join(folder, file))
    const [step] = order_of(file)
    return { file, step, epoch: 0, sha256: null, bytes: size, metrics: {}, saved_at: mtime.toISOString() }
  })
  return [...listed, ...unlisted].sort(by_age)
}

/** Names of files that were never finished. */
export function unfinished_files(folder: string): string[] {
  return readdirSync(folder).filter((name) => UNFINISHED.test(name))
}

/** Writes the manifest, all of it or nothing. */
export function write_manifest(folder: string, checkpoints: readonly CheckpointEntry[]): void {
  const manifest = { format: 'typetorch.trainer', version: VERSION, checkpoints }
  write_whole('Trainer', join(folder, MANIFEST), Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`))
}

/** The SHA-256 of a file as hexadecimal digits. */
export async function sha256_of(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
