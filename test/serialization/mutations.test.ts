import { writeFileSync } from 'node:fs'
import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'
import { temporary_folder } from '../helpers/folder.js'
import { good_files, mutate, peak_megabytes, seeded, touch } from './mutations.js'

// 10,000 with TYPETORCH_MUTATIONS=10000; mutation i of seed s is always the same file.
const COUNT = Number(process.env['TYPETORCH_MUTATIONS'] ?? 1500)
const SEED = Number(process.env['TYPETORCH_MUTATION_SEED'] ?? 1)

const path = temporary_folder()

describe('a damaged file', () => {
  it(`is refused by an Error that names it, or read: ${COUNT} of them`, {
    timeout: 60_000 + 30 * COUNT,
  }, () => {
    const files = good_files(path)
    const before = peak_megabytes()
    let [refused, read, slowest] = [0, 0, 0]
    for (let i = 0; i < COUNT; i++) {
      const random = seeded(SEED * 1_000_003 + i)
      const [name, good] = files[i % files.length]!
      const damaged = mutate(good, files[random(files.length)]![1], random)
      const extension = name.slice(name.lastIndexOf('.'))
      const file = path(`damaged${extension}`)
      writeFileSync(file, damaged)
      const started = performance.now()
      try {
        touch(torch.load(file, random(2) === 0 || extension !== '.pt' ? {} : { mmap: random(2) === 0 }))
        read++
      } catch (error) {
        refused++
        if (!(error instanceof Error)) expect.fail(`mutation ${i} of ${name} threw ${String(error)}`)
        if (!error.message.includes(file) || error.name === 'RangeError' || error.name === 'TypeError')
          expect.fail(`mutation ${i} of ${name}: ${error.stack}`)
      }
      slowest = Math.max(slowest, performance.now() - started)
    }
    expect(refused + read).toBe(COUNT)
    expect(refused).toBeGreaterThan(COUNT / 2)
    expect(read).toBeGreaterThan(0)
    expect(slowest).toBeLessThan(5_000)
    expect(peak_megabytes() - before).toBeLessThan(400)
    if (COUNT >= 10_000) console.log(`${refused} refused, ${read} read, slowest ${slowest.toFixed(0)} ms`)
  })
})
