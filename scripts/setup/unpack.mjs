import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import yauzl from 'yauzl'
import { SetupError } from './report.mjs'

const UNUSED_LIBRARIES =
  /^torch\/lib\/lib(torch_python|.*_test|backend_with_compiler|aoti_custom_ops|shm_windows)/

/** What of a wheel is needed: libraries and headers, and the lists that the generator reads. */
export function needed(name) {
  if (name.startsWith('torch/lib/')) return !UNUSED_LIBRARIES.test(name)
  return (
    name.startsWith('torch/include/') ||
    name.startsWith('nvidia/') ||
    /^torchgen\/packaged\/.*\.(yaml|py)$/.test(name) ||
    /^torch\/_C\/.*\.pyi$/.test(name) ||
    /^torch\/[^/]*\.pyi$/.test(name) ||
    name === 'torch/version.py' ||
    name === 'torch/bin/torch_shm_manager'
  )
}

/** A wheel's RECORD: path -> { hash, size }; the hash is base64url sha256, or '' for RECORD itself. */
export function parse_record(text) {
  const record = new Map()
  for (const line of text.split(/\r?\n/)) {
    const match = /^(?:"((?:[^"]|"")*)"|([^,]*)),([^,]*),([^,]*)$/.exec(line)
    if (!match) continue
    const name = match[1]?.replaceAll('""', '"') ?? match[2]
    record.set(name, { hash: match[3].replace(/^sha256=/, ''), size: Number(match[4]) })
  }
  return record
}

async function read_text(zip, entry) {
  const chunks = []
  for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

/**
 * Unpacks what is needed of a wheel and holds every file against the wheel's own RECORD.
 * @param {string} wheel
 * @param {string} folder
 * @param {{ on_bytes?: (done: number, total: number) => void }} [options]
 * @returns {Promise<Record<string, number>>} the size of each file written
 */
export async function unpack(wheel, folder, { on_bytes = () => {} } = {}) {
  const zip = await yauzl.openPromise(wheel, { autoClose: false, lazyEntries: true })
  try {
    const entries = []
    for await (const entry of zip.eachEntry()) entries.push(entry)
    const record_entry = entries.find((entry) => /^[^/]+\.dist-info\/RECORD$/.test(entry.fileName))
    if (!record_entry) throw new SetupError(`${path.basename(wheel)} is no wheel: it holds no RECORD`)
    const record = parse_record(await read_text(zip, record_entry))

    const wanted = entries.filter((entry) => !entry.fileName.endsWith('/') && needed(entry.fileName))
    const total = wanted.reduce((sum, entry) => sum + entry.uncompressedSize, 0)
    const files = {}
    let done = 0
    for (const entry of wanted) {
      const target = path.join(folder, entry.fileName)
      fs.mkdirSync(path.dirname(target), { recursive: true, mode: 0o755 })
      const hash = createHash('sha256')
      const meter = new Transform({
        transform(chunk, _encoding, next) {
          hash.update(chunk)
          done += chunk.length
          on_bytes(done, total)
          next(null, chunk)
        },
      })
      const executable = (entry.externalFileAttributes >>> 16) & 0o111
      await pipeline(
        await zip.openReadStreamPromise(entry),
        meter,
        fs.createWriteStream(target, { mode: executable ? 0o755 : 0o644 }),
      )
      const expected = record.get(entry.fileName)
      if (!expected || hash.digest('base64url') !== expected.hash) {
        throw new SetupError(
          `${path.basename(wheel)} is damaged: ${entry.fileName} does not have the hash of its RECORD`,
        )
      }
      files[entry.fileName] = entry.uncompressedSize
    }
    return files
  } finally {
    zip.close()
  }
}

/** The sha256 of a whole file, in hexadecimal. */
export async function sha256(file) {
  const hash = createHash('sha256')
  await pipeline(fs.createReadStream(file, { highWaterMark: 1 << 20 }), hash)
  return hash.digest('hex')
}
