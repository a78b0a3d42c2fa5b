import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as torch from 'typetorch'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { temporary_folder } from '../helpers/folder.js'
import { small_disk } from '../helpers/small_disk.js'
import { train } from './holder.js'

const path = temporary_folder()
const disk = small_disk(512)
let folders = 0
/** A folder with the checkpoints of steps 1, 2 and 3. */
async function three(options: { at?: string } = {}): Promise<string> {
  const folder = options.at ?? path(`folder-${folders++}`)
  await train(folder, 3)
  return folder
}
const manifest_of = (folder: string) => join(folder, 'manifest.json')
const read = (folder: string) =>
  JSON.parse(readFileSync(manifest_of(folder), 'utf8')) as { version: number; checkpoints: object[] }
const write = (folder: string, manifest: unknown) =>
  writeFileSync(manifest_of(folder), JSON.stringify(manifest))

const warnings: string[] = []
beforeEach(() => {
  warnings.length = 0
  vi.spyOn(process, 'emitWarning').mockImplementation((text) => void warnings.push(String(text)))
})
afterEach(() => {
  vi.restoreAllMocks()
})

async function refusal(call: () => Promise<unknown>): Promise<object> {
  try {
    await call()
  } catch (error) {
    const { name, code, path: at, message } = error as NodeJS.ErrnoException
    return { name, code, path: at, message }
  }
  throw new Error('it was not refused')
}

describe('a manifest of any shape', () => {
  it.each<[string, (entries: object[]) => unknown[], number]>([
    ['with null in it', (entries) => [null, ...entries], 1],
    ['with numbers, texts and lists', (entries) => [1, 'x', [], ...entries], 3],
    ['with names that are none of a checkpoint', (entries) => [{ file: '../../x.pt' }, {}, ...entries], 2],
    ['with an entry twice', (entries) => [...entries, ...entries], 0],
  ])('%s: the entries that it has are used', async (_, change, passed_over) => {
    const folder = await three()
    const manifest = read(folder)
    write(folder, { ...manifest, checkpoints: change(manifest.checkpoints) })
    expect((await torch.load_checkpoint(folder)).step).toBe(3)
    expect(await train(folder, 4)).toHaveLength(1)
    expect(read(folder).checkpoints).toHaveLength(3)
    expect(warnings.filter((text) => text.includes(`${passed_over} of its entries`))).toHaveLength(
      passed_over === 0 ? 0 : 2,
    )
  })

  it.each<[string, object]>([
    ['no metrics', { metrics: undefined }],
    ['null for metrics', { metrics: null }],
    ['a text for metrics', { metrics: 'loss' }],
    ['texts as metrics', { metrics: { loss: 'low' } }],
    ['no step', { step: undefined }],
    ['a text as its step', { step: 'three' }],
    ['no hash', { sha256: undefined }],
    ['only its file', { step: undefined, epoch: undefined, bytes: undefined, metrics: undefined }],
  ])('with %s is read, for the best by a metric too', async (_, fields) => {
    const folder = await three()
    const manifest = read(folder)
    write(folder, {
      ...manifest,
      checkpoints: manifest.checkpoints.map((entry) => ({ ...entry, ...fields })),
    })
    const given = { folder, every_steps: 1, best_by: 'loss' }
    expect(await train(folder, 5, { checkpoints: given })).toHaveLength(2)
    const found = await torch.load_checkpoint(folder, { best_by: 'loss' })
    expect(found.step).toBeGreaterThan(0)
  })

  it.each([['null'], ['[]'], ['[null]'], ['3'], ['"x"'], ['{}'], ['{"format":"typetorch.trainer"}'], ['']])(
    '%s is damaged, and the folder is read without it',
    async (text) => {
      const folder = await three()
      writeFileSync(manifest_of(folder), text)
      expect((await torch.load_checkpoint(folder)).step).toBe(3)
      expect(warnings[0]).toContain(`'${manifest_of(folder)}' is damaged`)
      expect(await train(folder, 4)).toHaveLength(1)
    },
  )

  it('of a newer version is refused, and not taken for damaged', async () => {
    const folder = await three()
    write(folder, { ...read(folder), version: 99 })
    const message = `'${manifest_of(folder)}' is of format version 99; this version of typetorch reads up to 1`
    for (const call of [() => torch.load_checkpoint(folder), () => train(folder, 4)])
      expect(await refusal(call)).toMatchObject({
        name: 'RuntimeError',
        message: expect.stringContaining(message) as string,
      })
  })
})

describe('what stands in the place of the manifest', () => {
  it.each<[string, (manifest: string) => void, object]>([
    ['a folder', (manifest) => mkdirSync(manifest), { code: 'EISDIR' }],
    ['a link to nothing', (manifest) => symlinkSync('nothing', manifest), { code: 'ENOENT' }],
    ['a loop of links', (manifest) => symlinkSync('manifest.json', manifest), { code: 'ELOOP' }],
    ['a pipe', (manifest) => execFileSync('mkfifo', [manifest]), {}],
  ])('%s: an Error with the code and the path, before anything is trained', async (_, lay, code) => {
    const folder = await three()
    const manifest = manifest_of(folder)
    rmSync(manifest)
    lay(manifest)
    for (const [operator, call] of [
      ['load_checkpoint', () => torch.load_checkpoint(folder)],
      ['Trainer', () => train(folder, 4)],
    ] as const)
      expect(await refusal(call)).toMatchObject({
        name: 'RuntimeError',
        path: manifest,
        message: expect.stringContaining(`${operator}(): cannot read '${manifest}': `) as string,
        ...code,
      })
    expect(readdirSync(folder)).not.toContain('trainer.lock')
  })
})

describe('what stands in the place of the newest checkpoint', () => {
  it.each<[string, (file: string) => void, RegExp]>([
    ['a folder', (file) => mkdirSync(file), /Errno 21\] Is a directory/],
    ['a link to nothing', (file) => symlinkSync('nothing', file), /Errno 2\] No such file or directory/],
    ['a loop of links', (file) => symlinkSync('step-00000003.pt', file), /Errno 40\] Too many levels/],
    ['a pipe', (file) => execFileSync('mkfifo', [file]), /it is no regular file/],
    ['nothing', () => {}, /^$/],
  ])('%s: the one before is used', async (_, lay, reason) => {
    const folder = await three()
    const file = join(folder, 'step-00000003.pt')
    rmSync(file)
    lay(file)
    expect((await torch.load_checkpoint(folder)).step).toBe(2)
    expect(warnings.join()).toMatch(reason)
    expect(await train(folder, 4)).toHaveLength(2)
    expect((await torch.load_checkpoint(folder)).step).toBe(4)
  })

  it('the same in an older one’s place keeps nobody from saving', async () => {
    const folder = await three()
    rmSync(manifest_of(folder))
    rmSync(join(folder, 'step-00000002.pt'))
    mkdirSync(join(folder, 'step-00000002.pt'))
    expect(await train(folder, 4)).toHaveLength(1)
    expect(await train(folder, 9)).toHaveLength(5)
  })

  it('in a folder whose name has what errors say, falls back as everywhere', async () => {
    const folder = path('format version 2')
    await three({ at: folder })
    writeFileSync(join(folder, 'step-00000003.pt'), 'damaged')
    expect((await torch.load_checkpoint(folder)).step).toBe(2)
    expect(await train(folder, 4)).toHaveLength(2)
  })

  it('damaged twice is set aside twice', async () => {
    const folder = await three()
    for (let turn = 0; turn < 2; turn++) {
      writeFileSync(join(folder, 'step-00000003.pt'), 'damaged')
      await train(folder, 3)
    }
    expect(
      readdirSync(folder)
        .filter((name) => name.endsWith('.damaged'))
        .sort(),
    ).toEqual(['step-00000003.pt.1.damaged', 'step-00000003.pt.damaged'])
  })
})

describe('a folder', () => {
  it.each<[string, (at: string) => void, string, string]>([
    ['that is missing', () => {}, 'ENOENT', '[Errno 2] No such file or directory'],
    ['that is a file', (at) => writeFileSync(at, ''), 'ENOTDIR', '[Errno 20] Not a directory'],
    ['that is a loop of links', (at) => symlinkSync(at, at), 'ELOOP', '[Errno 40] Too many levels'],
  ])('%s is an Error of load_checkpoint with code and path', async (_, lay, code, words) => {
    const folder = path(`no-folder-${folders++}`)
    lay(folder)
    expect(await refusal(() => torch.load_checkpoint(folder))).toEqual({
      name: 'RuntimeError',
      code,
      path: folder,
      message: expect.stringContaining(`load_checkpoint(): cannot read '${folder}': ${words}`) as string,
    })
  })

  it('that is a file, or a link to nothing, is an Error of the Trainer with code and path', async () => {
    const [file, link] = [path('a-file'), path('a-link')]
    writeFileSync(file, '')
    symlinkSync('nothing', link)
    for (const [at, code] of [
      [file, 'EEXIST'],
      [link, 'EEXIST'],
      [join(file, 'below'), 'ENOTDIR'],
    ] as const)
      expect(await refusal(() => train(at, 1))).toMatchObject({ name: 'RuntimeError', code, path: at })
  })

  it.skipIf(disk === null)('that is mounted to be read only is read, and not trained into', async () => {
    const folder = await three({ at: disk!.path('read-only') })
    disk!.set_read_only(true)
    try {
      expect((await torch.load_checkpoint(folder)).step).toBe(3)
      expect(await refusal(() => train(folder, 4))).toMatchObject({ code: 'EROFS', path: folder })
    } finally {
      disk!.set_read_only(false)
    }
  })

  it('that a link names is used, and stays one', async () => {
    const folder = await three()
    renameSync(folder, `${folder}-real`)
    symlinkSync(`${folder}-real`, folder)
    expect(await train(folder, 4)).toHaveLength(1)
    expect(readdirSync(`${folder}-real`)).toContain('step-00000004.pt')
  })
})
