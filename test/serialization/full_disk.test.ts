import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'
import { cannot_read, cannot_write, system_error } from '../../lib/serialization/system_error.js'
import { temporary_folder } from '../helpers/folder.js'
import { small_disk } from '../helpers/small_disk.js'

const { npy, tensorboard } = torch.utils
const path = temporary_folder()
const disk = small_disk(256)

interface Refusal {
  name: string
  message: string
  code?: string
  path?: string
}

function refusal(write: () => unknown): Refusal {
  try {
    write()
  } catch (error) {
    const { name, message, code, path } = error as Error & Refusal
    return { name, message, ...(code !== undefined && { code }), ...(path !== undefined && { path }) }
  }
  throw new Error('it was written')
}

/** Everything that is written to a path, with what errors call it. */
const writers: [name: string, ending: string, write: (file: string, x: torch.Tensor) => void][] = [
  ['save', '.pt', (file, x) => torch.save({ x }, file)],
  ['save_file', '.safetensors', (file, x) => torch.safetensors.save_file({ x }, file)],
  ['save', '.npy', (file, x) => npy.save(file, x)],
  ['savez', '.npz', (file, x) => npy.savez(file, { x })],
  ['savez_compressed', '.npz', (file, x) => npy.savez_compressed(file, { x })],
]
const small = torch.ones(8)
const large = torch.randn(1 << 17)

describe.each(writers)('%s of a %s file', (name, ending, write) => {
  const at = (file: string) => `${file}${ending}`

  it.skipIf(disk === null)('on a full disk keeps the old one, leaves nothing, and has the code', () => {
    const file = disk!.path(at(`x-${name}`))
    write(file, small)
    const [old, names] = [readFileSync(file), readdirSync(dirname(file))]
    const refused = refusal(() => write(file, large))
    const words =
      ending === '.pt' ? 'PytorchStreamWriter failed writing file data/0: file write failed (SAID)' : 'SAID'
    expect(refused).toEqual({
      name: 'RuntimeError',
      message: `${name}(): cannot write '${file}': ${words.replace('SAID', 'ENOSPC: no space left on device, write')}`,
      code: 'ENOSPC',
      path: file,
    })
    expect(readFileSync(file).equals(old)).toBe(true)
    expect(readdirSync(dirname(file))).toEqual(names)
    // What was given up was given back.
    write(file, torch.zeros(8))
  })

  it.skipIf(disk === null)('in a folder that is mounted to be read only', () => {
    const file = disk!.path(at(`read-only-${name}`))
    disk!.set_read_only(true)
    try {
      const { message, code } = refusal(() => write(file, small))
      expect([code, message]).toEqual([
        'EROFS',
        expect.stringContaining('EROFS: read-only file system, open') as string,
      ])
    } finally {
      disk!.set_read_only(false)
    }
    expect(existsSync(file)).toBe(false)
  })

  it.skipIf(!existsSync('/dev/full'))('on a device that is full', () => {
    const link = path(at(`full-${name}`))
    symlinkSync('/dev/full', link)
    expect(refusal(() => write(link, large)).code).toBe('ENOSPC')
  })

  it('in no folder, in a file, or as a folder', () => {
    const missing = path(join('none', at('x')))
    expect(refusal(() => write(missing, small))).toMatchObject({ code: 'ENOENT', path: missing })
    writeFileSync(path('file'), 'kept')
    expect(refusal(() => write(path(join('file', at('x'))), small)).code).toBe('ENOTDIR')
    expect(readFileSync(path('file'), 'utf8')).toBe('kept')
    const folder = path(at(`folder-${name}`))
    mkdirSync(folder)
    expect(refusal(() => write(folder, small))).toMatchObject({
      code: 'EISDIR',
      path: folder,
      message: expect.stringContaining(`${name}(): cannot write '${folder}': `) as string,
    })
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('torch.save says what PyTorch says', () => {
  it('of a folder that is missing, and of one that stands in the place of the file', () => {
    expect(refusal(() => torch.save(1, path('none/x.pt'))).message).toContain(
      `Parent directory ${path('none')} does not exist. (ENOENT: no such file or directory, open)`,
    )
    mkdirSync(path('stands'))
    expect(refusal(() => torch.save(1, path('stands'))).message).toContain(
      'open file failed with strerror: Is a directory (EISDIR: illegal operation on a directory, open)',
    )
  })
})

describe.skipIf(disk === null)('SummaryWriter on a full disk', () => {
  it('loses the event that has no room, and none before or after it', () => {
    const folder = disk!.path('events')
    const writer = new tensorboard.SummaryWriter(folder)
    writer.add_scalar('loss', 1, 0)
    const file = join(folder, readdirSync(folder)[0]!)
    const before = readFileSync(file)
    const refused = refusal(() => writer.add_text('long', 'x'.repeat(1 << 19), 1))
    expect(refused).toEqual({
      name: 'RuntimeError',
      message: `SummaryWriter(): cannot write '${file}': ENOSPC: no space left on device, write`,
      code: 'ENOSPC',
      path: file,
    })
    expect(readFileSync(file).equals(before)).toBe(true)
    writer.add_scalar('loss', 2, 2)
    writer.close()
    const after = readFileSync(file)
    expect(after.subarray(0, before.length).equals(before)).toBe(true)
    // Length, its sum, data, its sum: the next event begins where the last whole one ended.
    expect(after.length).toBe(before.length + 16 + Number(after.readBigUInt64LE(before.length)))
  })

  it('leaves no file where it cannot begin one', () => {
    const filler = disk!.path('filler')
    const folder = disk!.path('begun')
    mkdirSync(folder)
    expect(() => writeFileSync(filler, Buffer.alloc(1 << 20))).toThrow('ENOSPC')
    expect(refusal(() => new tensorboard.SummaryWriter(folder)).code).toBe('ENOSPC')
    expect(readdirSync(folder)).toEqual([])
    writeFileSync(filler, '')
    new tensorboard.SummaryWriter(folder).close()
  })
})

it('SummaryWriter in a file is an Error with its code', () => {
  writeFileSync(path('no-folder'), '')
  expect(refusal(() => new tensorboard.SummaryWriter(path('no-folder')))).toMatchObject({
    name: 'RuntimeError',
    code: 'EEXIST',
    path: path('no-folder'),
  })
})

describe('an error that Node has no name for', () => {
  const unknown = Object.assign(new Error('Unknown system error -122: Unknown system error -122, write'), {
    code: 'Unknown system error -122',
    errno: -122,
    syscall: 'write',
  })

  it.each([
    ['of Node’s own functions', unknown],
    ['of the addon', system_error(122, 'write')],
  ])('%s has the system’s name: a full quota', (_, cause) => {
    expect(cannot_write('save', '/x.pt', cause)).toMatchObject({
      message: "save(): cannot write '/x.pt': EDQUOT: Disk quota exceeded, write",
      code: 'EDQUOT',
      errno: -122,
      path: '/x.pt',
    })
    expect(cannot_read('load', '/x.pt', cause)).toMatchObject({
      message:
        "load(): cannot read '/x.pt': [Errno 122] Disk quota exceeded (EDQUOT: Disk quota exceeded, write)",
      code: 'EDQUOT',
    })
  })

  it('and one that nobody has a name for has its number', () => {
    expect(cannot_write('save', '/x.pt', system_error(4_000, 'write')).message).toBe(
      "save(): cannot write '/x.pt': errno 4000: unknown error, write",
    )
  })
})
