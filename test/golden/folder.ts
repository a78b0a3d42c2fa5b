import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Bytes, Json } from './values.js'

/** One line of a kind's file. */
export type Case = { [field: string]: Json }

/** A folder of recorded answers. */
export interface Folder {
  path: string
  /** `cases`, `modules`, …: every kind that the folder holds, in a fixed order. */
  kinds: string[]
}

const ENDING = '.jsonl.gz'
const ORDER = [
  'cases',
  'modules',
  'optimizers',
  'errors',
  'printing',
  'initializers',
  'schedules',
  'distributions',
  'checkpoints',
]

/** Finds the kinds of a folder; throws where it has none. */
export function open_folder(path: string): Folder {
  if (!existsSync(path)) throw new Error(`there is no folder ${path}`)
  const kinds = readdirSync(path)
    .filter((name) => name.endsWith(ENDING))
    .map((name) => name.slice(0, -ENDING.length))
  if (kinds.length === 0) throw new Error(`${path} holds no *${ENDING}`)
  const place = (kind: string) => (ORDER.includes(kind) ? ORDER.indexOf(kind) : ORDER.length)
  kinds.sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1))
  return { path, kinds }
}

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/** A line of JSON; whole numbers that a double cannot hold become `{ bigint: digits }`. */
export function parse_line(line: string): Case {
  const exact = line.replace(TOKEN, (token) =>
    /^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token)) ? `{"bigint":"${token}"}` : token,
  )
  return JSON.parse(exact) as Case
}

/** The cases of a kind, and the memory that their tensors point into. */
export function read_kind(folder: Folder, kind: string): { cases: Case[]; bytes: Bytes } {
  const text = gunzipSync(readFileSync(join(folder.path, kind + ENDING))).toString('utf8')
  const cases = text
    .split('\n')
    .filter((line) => line !== '')
    .map(parse_line)
  const binary = join(folder.path, `${kind}.bin`)
  return { cases, bytes: existsSync(binary) ? readFileSync(binary) : new Uint8Array(0) }
}
