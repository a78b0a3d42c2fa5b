import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { ROOT, run_program, type_errors, write_program } from './programs.js'

const folder = mkdtempSync(join(tmpdir(), 'typetorch-pages-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** What each program of a page prints. */
const pages: Record<string, RegExp[]> = {
  training: [
    /^24 4 \[ 'loss', 'val_loss' \]\n$/,
    /^4\n9 \[ 'weight', 'bias' \]\n$/,
    /^20\n$/,
    /^runs\/first\n$/,
    /^0\.25 0\.25 0\.375 0\.5 \[ 1\.375, 1\.375 \]\n$/,
  ],
  autograd: [
    /^tensor\(\[1\., 1\., 1\.\]\)\n$/,
    /^.*8, 1, 3.*\ntensor\(\[\[6\., 0\.\],\n\s+\[0\., 6\.\]\]\)\n$/,
    /^tensor\(\[2\., 2\., 2\.\]\)\n$/,
    /^.*64, 64.* .*2.*\n$/,
  ],
  worlds: [
    /^\d+\.\d+\n$/,
    /^tensor\(\[3\., 3\.\]\)\n$/,
    /^\[ 2, 3 \]\n$/,
    /^\[ 3, 2 \]\n$/,
    /^\[ 7, 7, 7, 7 \]\n$/,
  ],
}

for (const [page, printed] of Object.entries(pages)) {
  describe(`docs/${page}.md`, () => {
    const text = readFileSync(join(ROOT, `docs/${page}.md`), 'utf8')
    const programs = Array.from(text.matchAll(/^```ts\n([\s\S]*?)^```$/gm), ([, code]) => code!)

    test('every program of the page is here', () => {
      expect(programs).toHaveLength(printed.length)
    })

    for (const [i, expected] of printed.entries()) {
      test(`program ${i + 1} type-checks and runs`, async () => {
        const path = write_program(`${page}-page-${i}.ts`, programs[i]!)
        expect(type_errors(path)).toEqual([])
        const { code, stdout, stderr } = await run_program(path, [], { cwd: folder })
        expect([code, stderr]).toEqual([0, ''])
        expect(stdout).toMatch(expected)
      }, 120_000)
    }
  })
}
