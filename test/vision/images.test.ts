import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import * as torch from 'typetorch'
import { vision } from 'typetorch'
import { afterAll, describe, expect, it } from 'vitest'

const { io } = vision
const F = vision.transforms.functional

interface Failure {
  error: string
  message: string
}
type Described = [dtype: string, shape: number[], hash: string]
type Answer = string | number[] | Described | Failure | { unstable: true }

interface Recorded {
  versions: string[]
  answers: Record<
    string,
    {
      file: string
      pillow: Record<string, Answer> | Failure
      torchvision: Record<string, Answer> | Failure
    }
  >
}

// Written by record_images.py: the files, and what Pillow and torchvision read in them.
const { answers, versions } = JSON.parse(
  gunzipSync(readFileSync(new URL('images.json.gz', import.meta.url))).toString(),
) as Recorded
const names = Object.keys(answers)

// What Python reads, and is refused here: nothing else may be.
const REFUSED: readonly (readonly [file: RegExp, answer: RegExp, reason: string])[] = [
  [/^png-no-palette/, /^open$/, 'Pillow takes a palette that is missing for black'],
  [/^png-short-data/, /^open$/, 'Pillow takes rows that are missing for black'],
  [/^p3-underscore/, /^open$/, 'a number with an underscore is one for Python alone'],
  [
    /^tiff-.*(16-1|16-big)/,
    /^to_tensor$/,
    "torchvision keeps the lower 8 bits of mode 'I;16B' and loses the others",
  ],
  [/^tiff-lab/, /^open$/, 'Lab needs a colour management'],
  [/^tiff-saved-zstd/, /^open$/, "sharp's libtiff is built without it"],
  [/^tiff-planar-2-16/, /^open$/, 'Pillow mixes up the bytes of planes of 16 bits'],
  [/^(avif|ico|tga)/, /^open$/, 'formats that are not read'],
  [
    /^png-gamma-(1|rgb16-.*)\.png/,
    /^GRAY(_ALPHA)?$/,
    'grey of 16 bits, or of a gamma of no display, in linear light',
  ],
  [/^png-3-[124]/, /^(UNCHANGED|exif)$/, 'torchvision leaves memory unwritten'],
  [
    /^png-(3-\d(-interlaced)?\.|short|index|grey-palette|gamma.*palette)/,
    /^(GRAY|RGB)_ALPHA$/,
    'torchvision leaves alpha unwritten',
  ],
]
const refusal = (name: string, answer: string) =>
  REFUSED.find(([file, answers]) => file.test(name) && answers.test(answer))

const folder = mkdtempSync(join(tmpdir(), 'typetorch-images-'))
afterAll(() => rmSync(folder, { recursive: true }))

const hashed = (data: Uint8Array) => createHash('sha256').update(data).digest('hex').slice(0, 16)

function described(tensor: torch.Tensor): Described {
  const { buffer, byteOffset, byteLength } = tensor.contiguous().typed_array({ copy: true })
  return [String(tensor.dtype), tensor.shape, hashed(new Uint8Array(buffer, byteOffset, byteLength))]
}

const has = (value: unknown, key: string) => typeof value === 'object' && value !== null && key in value

async function outcome<T>(work: () => T | Promise<T>): Promise<T | Error> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return error
  }
}

/** Compares an answer: the same pixels, or an error that names the file where Python has one or ours is listed. */
function compare(name: string, answer: string, expected: Answer, found: unknown, names_file = true): void {
  if (found instanceof Error) {
    if (names_file) expect(found.message).toContain(`'${join(folder, name)}'`)
    if (!has(expected, 'error') && refusal(name, answer) === undefined)
      throw new Error(`${answer} of ${name} is refused: ${found.message}`)
    return
  }
  expect([answer, found]).toEqual([answer, expected])
}

const path_of = (name: string) => {
  const path = join(folder, name)
  writeFileSync(path, Buffer.from(answers[name]!.file, 'base64'))
  return path
}

describe(`Image.open reads what Pillow does (${versions.join(', ')})`, () => {
  it.each(names)('%s', async (name) => {
    const { pillow } = answers[name]!
    const image = await outcome(() => vision.Image.open(path_of(name)))
    if (image instanceof Error || has(pillow, 'error')) {
      compare(name, 'open', pillow as Failure, image)
      return
    }
    const expected = pillow as Record<string, Answer>
    compare(name, 'mode', expected['mode']!, image.mode)
    compare(name, 'size', expected['size']!, image.size)
    compare(name, 'pixels', expected['pixels']!, hashed(image.data))
    for (const mode of ['L', 'LA', 'RGB', 'RGBA'] as const)
      compare(name, mode, expected[mode]!, await outcome(() => hashed(image.convert(mode).data)), false)
    for (const transform of ['to_tensor', 'pil_to_tensor'] as const)
      compare(
        name,
        transform,
        expected[transform]!,
        await outcome(() => described(F[transform](image))),
        false,
      )
  })
})

describe(`decode_image gives what torchvision's does (${versions.join(', ')})`, () => {
  it.each(names)('%s', async (name) => {
    const { torchvision } = answers[name]!
    const path = path_of(name)
    for (const mode of ['UNCHANGED', 'GRAY', 'GRAY_ALPHA', 'RGB', 'RGB_ALPHA', 'exif'] as const) {
      const options = mode === 'exif' ? { apply_exif_orientation: true } : { mode }
      const expected = has(torchvision, 'error')
        ? (torchvision as Failure)
        : (torchvision as Record<string, Answer>)[mode]!
      compare(name, mode, expected, await outcome(async () => described(await io.read_image(path, options))))
    }
  })
})

describe('what is not read', () => {
  it.each(REFUSED)('%s, %s: %s', async (file, answer) => {
    const refused = names.filter((name) => file.test(name))
    expect(refused).not.toEqual([])
    for (const name of refused) {
      const bytes = Buffer.from(answers[name]!.file, 'base64')
      if (answer.test('open')) await expect(vision.Image.open(bytes)).rejects.toThrow('in the given bytes')
    }
  })

  it('sizes beyond memory are refused before it is taken', async () => {
    const bmp = Buffer.from(answers['bmp-rle8.bmp']!.file, 'base64')
    bmp.writeUInt32LE(2 ** 31 - 1, 18)
    await expect(vision.Image.open(bmp)).rejects.toThrow('exceeds limit of 178956970 pixels')
    const gif = Buffer.from(answers['gif-plain.gif']!.file, 'base64')
    gif.writeUInt32LE(0xffffffff, 6)
    await expect(vision.Image.open(gif)).rejects.toThrow('exceeds limit of 178956970 pixels')
    await expect(io.decode_image(torch.frombuffer(gif, { dtype: torch.uint8 }))).rejects.toThrow(
      'exceeds limit',
    )
    await expect(vision.Image.open(Buffer.from('P6 99999 99999 255\n'))).rejects.toThrow('exceeds limit')
  })

  it('Pillow reads nothing that is of another kind than listed', () => {
    const unread = names.filter((name) => has(answers[name]!.pillow, 'error'))
    expect(unread.length).toBeGreaterThan(60)
    expect(names.length).toBeGreaterThan(400)
  })
})
