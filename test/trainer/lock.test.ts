import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { constants, hostname } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { native } from '../../lib/native.js'
import { write_whole } from '../../lib/serialization/atomic.js'
import { CheckpointFolder } from '../../lib/trainer/checkpoints/folder.js'
import { FolderLock } from '../../lib/trainer/checkpoints/lock.js'
import { has_namespaces } from '../../scripts/torture/namespaces.mjs'
import { temporary_folder } from '../helpers/folder.js'
import { PROGRAM, start, start_contained, train } from './holder.js'

const path = temporary_folder()
const { errno } = constants
const permitted = has_namespaces()
const where = permitted ? '' : ' (skipped: unshare is not permitted here)'
let folders = 0
const new_folder = () => path(`folder-${folders++}`)
const lock_of = (folder: string) => join(folder, 'trainer.lock')
const IN_USE = / is in use by another Trainer \(process (\d+)(?: on (\S+))?\); two must not write/

describe.skipIf(!permitted)(`in containers${where}`, () => {
  it('a folder whose holder was killed is free at once, also for another hostname', async () => {
    const folder = new_folder()
    const first = start_contained('pod-abc-1', folder)
    expect(await first.said).toBe('holds 0')
    await first.kill()
    expect(existsSync(lock_of(folder))).toBe(true)
    const second = start_contained('pod-abc-2', folder)
    expect(await second.said).toMatch(/^holds \d+$/)
    await second.kill()
    // And for one that is in no container.
    await train(folder, 1)
    expect(existsSync(lock_of(folder))).toBe(false)
  })

  it.each([
    ['with /proc', true],
    ['without /proc', false],
  ])('two of them, each the first process of its own, do not both take a folder: %s', async (_, has_proc) => {
    const folder = new_folder()
    const first = start_contained('pod-a', folder, has_proc)
    expect(await first.said).toBe('holds 0')
    const second = start_contained('pod-b', folder, has_proc)
    expect(IN_USE.exec(await second.said)!.slice(1)).toEqual(['1', 'pod-a'])
    await expect(train(folder, 1)).rejects.toThrow(' on pod-a)')
    await second.kill()
    await first.kill()
    const third = start_contained('pod-c', folder, has_proc)
    expect(await third.said).toMatch(/^holds \d+$/)
    await third.kill()
  })
})

it('a folder whose process was killed is free at once, and held until then', async () => {
  const folder = new_folder()
  const first = start(folder)
  expect(await first.said).toBe('holds 0')
  await expect(train(folder, 1)).rejects.toThrow(IN_USE)
  await first.kill()
  await train(folder, 1)
})

it('a terminated worker gives its folder back', async () => {
  const folder = new_folder()
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(PROGRAM)}`), {
    argv: [folder],
  })
  expect(await new Promise((resolve) => worker.once('message', resolve))).toBe('holds 0')
  await expect(train(folder, 1)).rejects.toThrow(IN_USE)
  await worker.terminate()
  await train(folder, 1)
})

it('two Trainers of one thread, one after the other', async () => {
  const folder = new_folder()
  const first = train(folder, 3)
  await expect(train(folder, 3)).rejects.toThrow(IN_USE)
  await first
  expect(await train(folder, 5)).toHaveLength(2)
})

describe('a lock file that nobody holds holds nobody up', () => {
  it.each([
    ['an empty one, as after a power cut', ''],
    ['zeros', '\0'.repeat(64)],
    ['the text of a process that lives', JSON.stringify({ pid: process.pid, host: hostname() })],
    ['the text of another machine', JSON.stringify({ pid: 1, host: 'pod-abc-1' })],
    ['what is no JSON', 'mine!'],
  ])('%s', async (_, text) => {
    const folder = new_folder()
    mkdirSync(folder)
    writeFileSync(lock_of(folder), text)
    expect(await train(folder, 1)).toHaveLength(1)
    expect(readdirSync(folder).sort()).toEqual(['manifest.json', 'step-00000001.pt'])
  })

  it('one that is held and says nothing is refused all the same', async () => {
    const folder = new_folder()
    const first = start(folder)
    await first.said
    writeFileSync(lock_of(folder), '')
    await expect(train(folder, 1)).rejects.toThrow('(its lock does not say which process)')
    await first.kill()
  })
})

describe('a lock that is lost while training runs ends it before the next save', () => {
  const LOST = / is no longer held by this Trainer: '.*trainer\.lock' was removed or replaced while it ran/
  const losing = (folder: string, lose: () => void) =>
    train(folder, 9, { callbacks: [{ on_step_end: (_, { step }) => (step === 4 ? lose() : undefined) }] })

  it.each<[string, (folder: string) => void]>([
    ['removed', (folder) => rmSync(lock_of(folder))],
    ['the whole folder removed', (folder) => rmSync(folder, { recursive: true })],
    ['the folder renamed', (folder) => renameSync(folder, `${folder}-old`)],
    [
      'replaced by a copy',
      (folder) => {
        const text = readFileSync(lock_of(folder))
        rmSync(lock_of(folder))
        writeFileSync(lock_of(folder), text)
      },
    ],
  ])('%s', async (_, lose) => {
    const folder = new_folder()
    await expect(losing(folder, () => lose(folder))).rejects.toThrow(LOST)
    const left = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.pt')) : []
    expect(left).not.toContain('step-00000005.pt')
  })

  it('and taken by another: its files and its lock stay', async () => {
    const folder = new_folder()
    let other: Promise<number[]> | undefined
    let names: string[] = []
    let go_on = () => {}
    const wait = new Promise<void>((resolve) => (go_on = resolve))
    const lose = () => {
      rmSync(lock_of(folder))
      other = train(folder, 7, {
        callbacks: [
          {
            async on_checkpoint_save(_, { step }) {
              if (step !== 6) return
              names = readdirSync(folder).sort()
              await wait
            },
          },
        ],
      })
    }
    await expect(losing(folder, lose)).rejects.toThrow(LOST)
    await expect(train(folder, 9)).rejects.toThrow(IN_USE)
    go_on()
    await other
    expect(names).toContain('trainer.lock')
    expect(readdirSync(folder)).toContain('step-00000007.pt')
  })
})

describe('a file system', () => {
  const refuse = (errno: number) => vi.spyOn(native, 'lock_file').mockReturnValue(errno)
  afterEach(() => {
    vi.restoreAllMocks()
  })

  it('that has no locks is refused by name for checkpoints', () => {
    const checkpoints = new CheckpointFolder(new_folder(), {})
    refuse(errno.ENOLCK)
    expect(() => checkpoints.open()).toThrow(
      expect.objectContaining({
        code: 'ENOLCK',
        path: checkpoints.folder,
        message: expect.stringMatching(/ENOLCK: .*, flock; its file system has no locks, by which/) as string,
      }),
    )
  })

  it('that has no locks takes files all the same, one beside what a killed process left', () => {
    const folder = new_folder()
    mkdirSync(folder)
    writeFileSync(join(folder, '.x.0.tmp'), 'left')
    refuse(errno.EOPNOTSUPP)
    for (const text of ['old', 'new']) write_whole('save', join(folder, 'x'), Buffer.from(text))
    expect(readFileSync(join(folder, 'x'), 'utf8')).toBe('new')
    expect(readdirSync(folder).sort()).toEqual(['.x.0.tmp', 'x'])
  })

  it('whose server has lost the lock is noticed', () => {
    const folder = new_folder()
    mkdirSync(folder)
    const lock = FolderLock.take(folder)
    expect(() => lock.check()).not.toThrow()
    refuse(errno.EIO)
    expect(() => lock.check()).toThrow(
      `Trainer: '${folder}' is no longer held by this Trainer: its lock was lost while it ran (EIO: i/o error, flock)`,
    )
    lock.release()
  })
})

describe('what stands in the place of the lock file is an Error', () => {
  it.each<[string, (lock: string) => void, object]>([
    ['a folder', (lock) => mkdirSync(lock), { code: 'EISDIR' }],
    ['a link', (lock) => symlinkSync('elsewhere', lock), { code: 'ELOOP' }],
    [
      'a pipe',
      (lock) => execFileSync('mkfifo', [lock]),
      { message: expect.stringContaining('is no regular file') as string },
    ],
  ])('%s', async (_, lay, expected) => {
    const folder = new_folder()
    mkdirSync(folder)
    lay(lock_of(folder))
    await expect(train(folder, 1)).rejects.toMatchObject({ name: 'RuntimeError', ...expected })
    expect(existsSync(path('elsewhere'))).toBe(false)
  })
})

it('a relative folder stays where it was when the program goes elsewhere', async () => {
  const [before, elsewhere] = [process.cwd(), path('elsewhere')]
  mkdirSync(elsewhere)
  mkdirSync(path('at'))
  process.chdir(path('at'))
  try {
    const leave = { on_step_end: () => process.chdir(elsewhere) }
    await train('relative', 3, { callbacks: [leave], checkpoint: 'model.pt' })
  } finally {
    process.chdir(before)
  }
  expect(readdirSync(path('at')).sort()).toEqual(['model.pt', 'relative'])
  expect(readdirSync(join(path('at'), 'relative'))).toContain('step-00000003.pt')
  expect(readdirSync(elsewhere)).toEqual([])
})
