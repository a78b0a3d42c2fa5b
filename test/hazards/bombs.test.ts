import { mkdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporary_folder } from '../helpers/folder.js'
import { archives } from './bombs/archives.js'
import { write_bomb } from './bombs/bomb.js'
import { images } from './bombs/images.js'
import { measure } from './bombs/measure.js'
import { pickles } from './bombs/pickles.js'
import { tables } from './bombs/tables.js'

// Hostile files, each read in a process of its own. TYPETORCH_BOMBS=table prints what each took.

const MOST_SECONDS = 2
const MOST_MEGABYTES = 200

const path = temporary_folder()
const bombs = [...archives, ...pickles, ...tables, ...images]

/** The file that is read, and what holds it. */
function place(i: number, reader: string): { read: string; written: string } {
  const read = path(`bomb-${i}`)
  if (reader === 'load_file') return { read: `${read}.safetensors`, written: `${read}.safetensors` }
  if (reader !== 'cifar') return { read, written: read }
  const folder = join(read, 'cifar-10-batches-py')
  mkdirSync(folder, { recursive: true })
  return { read, written: join(folder, 'data_batch_1') }
}

describe('a hostile file', () => {
  it('is of more than a hundred kinds', () => {
    expect(bombs.length).toBeGreaterThan(100)
    expect(new Set(bombs.map(({ name, reader }) => `${name} ${reader}`)).size).toBe(bombs.length)
  })

  it.each(bombs.map((bomb, i) => [`${bomb.name} (${bomb.reader})`, bomb, i] as const))(
    '%s',
    async (_, bomb, i) => {
      const { read, written } = place(i, bomb.reader)
      try {
        await write_bomb(bomb, written)
        // A hole has no size of its own.
        const { size: length, blocks } = statSync(read)
        const size = statSync(read).isFile() ? Math.min(length, blocks * 512) / 2 ** 20 : 0
        let measured = await measure(bomb.reader, read)
        // Other tests run beside it: what is slow is asked once more.
        if (measured.seconds >= MOST_SECONDS) measured = await measure(bomb.reader, read)
        const { ended, seconds, megabytes } = measured
        if (process.env['TYPETORCH_BOMBS'] === 'table')
          console.log(
            `${seconds.toFixed(2)} s ${megabytes.toFixed(0)} MB, file ${size.toFixed(1)} MB: ${bomb.name} (${bomb.reader}): ${ended}`,
          )
        if (bomb.ends === 'value') expect(ended).toBe('value')
        else {
          expect(ended).toMatch(bomb.ends)
          expect(ended).toMatch(/^(RuntimeError|ValueError|BudgetError): /)
        }
        expect(seconds).toBeLessThan(MOST_SECONDS)
        expect(megabytes).toBeLessThan(MOST_MEGABYTES + size)
      } finally {
        rmSync(read, { recursive: true, force: true })
      }
    },
  )
})
