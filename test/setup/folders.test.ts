import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const entry = new URL('../../dist/index.js', import.meta.url).href
const setup = new URL('../../scripts/setup/', import.meta.url).href
let folder = ''

/** Runs a program in a process that is ended where it does not end by itself. */
const run = (body: string): string =>
  execFileSync(process.execPath, ['--input-type=module', '-e', body], {
    encoding: 'utf8',
    timeout: 30_000,
  }).trim()

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'folders-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('folders below /proc, where no folder can be made', { timeout: 60_000 }, () => {
  it.each([
    ['new torch.utils.tensorboard.SummaryWriter(place).add_scalar("a", 1, 0)', 'SummaryWriter'],
    ['new torch.CSVLogger(place + "/log.csv").on_fit_start({})', 'CSVLogger'],
    [
      'await new torch.Trainer(new torch.nn.Linear(2, 1), null, { max_steps: 1, checkpoints: place }).fit([1], () => torch.ones(1))',
      'Trainer',
    ],
    ['new torch.JSONLinesLogger(place + "/log.jsonl").on_fit_start({})', 'JSONLinesLogger'],
  ])('%s throws', (program, name) => {
    const printed = run(`
      const torch = await import('${entry}')
      const place = '/proc/nowhere/below'
      try { ${program}; console.log('passed') } catch (e) { console.log(e.message) }`)
    expect(printed).toContain(name)
    expect(printed).toContain('/proc/nowhere')
  })

  it('the cache of LibTorch says which variable names another', () => {
    const printed = run(`
      const { fetch_libtorch } = await import('${setup}fetch.mjs')
      try { await fetch_libtorch({ HOME: '/proc/nowhere' }, 'cpu') } catch (e) { console.log(e.message) }`)
    expect(printed).toMatch(
      /^the cache \/proc\/nowhere\/.* cannot be made \(ENOENT\); choose another with: export/,
    )
  })
})

describe('make_folders', () => {
  it.each(['folders.mjs', '../../lib/folders.ts'])(
    'of %s makes what is missing, and throws where a file is in the way',
    async (file) => {
      const { make_folders } = await import(setup + file)
      const deep = path.join(folder, 'a', '..', 'b', 'c')
      make_folders(deep)
      make_folders(deep)
      expect(existsSync(path.join(folder, 'b/c'))).toBe(true)
      const taken = path.join(folder, 'taken')
      writeFileSync(taken, '')
      expect(() => make_folders(taken)).toThrow('EEXIST')
      expect(() => make_folders(path.join(taken, 'below'))).toThrow(/ENOTDIR|EEXIST/)
    },
  )
})
