import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import sharp from 'sharp'
import * as torch from 'typetorch'
import { type Tensor, vision } from 'typetorch'
import { afterAll, describe, expect, expectTypeOf, it } from 'vitest'
import { compare_recorded, image } from './recorded.js'
import { idx } from './written_datasets.js'

const { datasets, io, transforms, utils } = vision
const folder = mkdtempSync(join(tmpdir(), 'typetorch-vision-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('images in files', () => {
  it('a PNG is read as it was written', async () => {
    torch.manual_seed(0)
    for (const channels of [1, 3]) {
      const pixels = torch.randint(0, 256, [channels, 5, 7], { dtype: torch.uint8 })
      const path = join(folder, `${channels}.png`)
      await io.write_png(pixels, path)
      expect(torch.equal(await io.read_image(path), pixels)).toBe(true)
    }
    const colours = await io.read_image(join(folder, '1.png'), 'RGB')
    expect(colours.shape).toEqual([3, 5, 7])
    expect((await io.read_image(join(folder, '3.png'), { mode: 'GRAY' })).shape).toEqual([1, 5, 7])
  })

  it('a JPEG is close to what was written', async () => {
    const pixels = torch.arange(64).view(1, 8, 8).mul(3).to(torch.uint8).expand(3, 8, 8)
    const path = join(folder, 'smooth.jpg')
    await io.write_jpeg(pixels, path, 95)
    const read = await io.read_image(path)
    expect(read.sub(pixels, { alpha: 1 }).shape).toEqual([3, 8, 8])
    expect(read.to(torch.float32).sub(pixels).abs().max().item()).toBeLessThan(8)
  })

  it('an old file is whole until the new one is', async () => {
    const path = join(folder, 'old.png')
    const image = new vision.Image('L', 1, 1, Uint8Array.of(7))
    await image.save(path)
    const link = join(folder, 'link.png')
    symlinkSync(path, link)
    await new vision.Image('L', 1, 1, Uint8Array.of(9)).save(link)
    expect([...(await vision.Image.open(path)).data]).toEqual([9])
    const nowhere = join(folder, 'nowhere', 'x.png')
    await expect(image.save(nowhere)).rejects.toThrow(`save(): cannot write '${nowhere}'`)
    await expect(io.write_file(nowhere, torch.ones([1], { dtype: torch.uint8 }))).rejects.toThrow('ENOENT')
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
    for (const ending of ['.foo', ''])
      await expect(image.save(join(folder, `x${ending}`))).rejects.toThrow(
        `unknown file extension: ${ending}`,
      )
  })

  it.each(['png', 'PNG', 'jpg', 'jpeg', 'webp', 'gif', 'tif', 'tiff'])('.%s is a format', async (ending) => {
    const path = join(folder, `image.${ending}`)
    await new vision.Image('RGB', 2, 2, new Uint8Array(12).fill(200)).save(path)
    expect((await vision.Image.open(path)).size).toEqual([2, 2])
  })

  it('EXIF rotation is applied where it is asked for', async () => {
    const path = join(folder, 'turned.jpg')
    await sharp(Buffer.alloc(2 * 3 * 3), { raw: { width: 2, height: 3, channels: 3 } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toFile(path)
    expect((await io.read_image(path)).shape).toEqual([3, 3, 2])
    expect((await io.read_image(path, { apply_exif_orientation: true })).shape).toEqual([3, 2, 3])
  })

  it('refuses what is no image, and what cannot be written', async () => {
    writeFileSync(join(folder, 'text.png'), 'text')
    await expect(io.read_image(join(folder, 'text.png'))).rejects.toThrow(
      `cannot read the image '${join(folder, 'text.png')}': Unsupported image file. Only jpeg, png, webp and gif`,
    )
    await new vision.Image('RGB', 2, 2, new Uint8Array(12)).save(join(folder, 'x.avif'))
    await expect(vision.Image.open(join(folder, 'x.avif'))).rejects.toThrow(/x\.avif': AVIF is not read/)
    await expect(io.read_image(join(folder, 'none.png'))).rejects.toThrow('ENOENT')
    await expect(io.encode_png(torch.ones(3, 2, 2))).rejects.toThrow(
      'encode_png: Input tensor dtype should be uint8',
    )
    const two = torch.ones([2, 2, 2], { dtype: torch.uint8 })
    await expect(io.encode_jpeg(two)).rejects.toThrow('The number of channels should be 1 or 3, got: 2')
    await expect(io.encode_jpeg(two, 0)).rejects.toThrow(
      'quality should be a positive number between 1 and 100',
    )
  })

  it('an Image says what it is', () => {
    expect(String(image('RGB', 5, 4))).toBe('<Image mode=RGB size=5x4>')
    expect(() => new vision.Image('L', 2, 2, new Uint8Array(3))).toThrow(
      'an image of mode L and size (2, 2) has 4 bytes, not 3',
    )
    expect(() => new vision.Image('HSV' as never, 2, 2, new Uint8Array(4))).toThrow(
      'unrecognized image mode: HSV',
    )
  })
})

describe('make_grid, as torchvision', () => {
  compare_recorded([
    ['utils.make_grid(torch.rand(7, 3, 4, 5))', () => utils.make_grid(torch.rand(7, 3, 4, 5))],
    [
      'utils.make_grid(torch.rand(7, 1, 4, 5), nrow=3, padding=1, pad_value=0.5)',
      () => utils.make_grid(torch.rand(7, 1, 4, 5), { nrow: 3, padding: 1, pad_value: 0.5 }),
    ],
    ['utils.make_grid(torch.rand(4, 5))', () => utils.make_grid(torch.rand(4, 5))],
    ['utils.make_grid(torch.rand(1, 2, 4, 5))', () => utils.make_grid(torch.rand(1, 2, 4, 5))],
    [
      'utils.make_grid([torch.randn(3, 4, 5), torch.randn(3, 4, 5)], 1, 3, normalize=True)',
      () => utils.make_grid([torch.randn(3, 4, 5), torch.randn(3, 4, 5)], 1, 3, { normalize: true }),
    ],
    [
      'utils.make_grid(torch.randn(4, 3, 4, 5), normalize=True, scale_each=True)',
      () => utils.make_grid(torch.randn(4, 3, 4, 5), { normalize: true, scale_each: true }),
    ],
    [
      'utils.make_grid(torch.randn(4, 3, 4, 5), normalize=True, value_range=(-1, 1))',
      () => utils.make_grid(torch.randn(4, 3, 4, 5), { normalize: true, value_range: [-1, 1] }),
    ],
  ])

  it('save_image rounds to bytes', async () => {
    const path = join(folder, 'grid.png')
    await utils.save_image(
      torch.tensor([
        [
          [
            [0, 0.5],
            [1, 2],
          ],
        ],
      ]),
      path,
    )
    expect((await io.read_image(path)).at(0).tolist()).toEqual([
      [0, 128],
      [255, 255],
    ])
    expect(() => utils.make_grid('images' as never)).toThrow('tensor or list of tensors expected, got string')
  })
})

describe('datasets', () => {
  const digits = join(folder, 'digits')
  mkdirSync(join(digits, 'MNIST', 'raw'), { recursive: true })
  const pixels = Array.from({ length: 3 * 6 }, (_, i) => i * 10)
  writeFileSync(join(digits, 'MNIST', 'raw', 'train-images-idx3-ubyte'), idx([3, 2, 3], pixels))
  writeFileSync(join(digits, 'MNIST', 'raw', 'train-labels-idx1-ubyte.gz'), gzipSync(idx([3], [7, 0, 9])))

  it('MNIST reads the original files, gzipped or not', () => {
    const plain = new datasets.MNIST(digits)
    expect(plain.length).toBe(3)
    const [digit, target] = plain.at(-1)
    expectTypeOf(digit).toEqualTypeOf<vision.Image>()
    expect([digit.mode, digit.size, [...digit.data], target]).toEqual(['L', [3, 2], pixels.slice(12), 9])
    expect(plain.data.shape).toEqual([3, 2, 3])
    expect(plain.targets.tolist()).toEqual([7, 0, 9])
    expect(plain.class_to_idx['7 - seven']).toBe(7)

    const transform = new transforms.Compose([new transforms.ToTensor()])
    const one_hot = (digit: number) => torch.tensor(digit)
    const tensors = new datasets.MNIST(digits, { transform, target_transform: one_hot })
    const [x, y] = tensors.at(1)
    expectTypeOf(x).toEqualTypeOf<Tensor>()
    expectTypeOf(y).toEqualTypeOf<Tensor>()
    expect([x.shape, y.item()]).toEqual([[1, 2, 3], 0])
    expect(String(new datasets.MNIST(digits, { transform }))).toBe(
      `Dataset MNIST\n    Number of datapoints: 3\n    Root location: ${digits}\n    Split: Train\n    StandardTransform\n` +
        '    Transform: Compose(\n                   ToTensor()\n               )',
    )
    expect(() => plain.at(3)).toThrow('MNIST index out of range: 3 of 3')
  })

  it('MNIST says what is missing or broken, and where it can be had', () => {
    expect(() => new datasets.MNIST(digits, { train: false, download: true })).toThrow(
      `Dataset not found: t10k-images-idx3-ubyte (or t10k-images-idx3-ubyte.gz) is neither in ${digits}/MNIST/raw nor in ` +
        `${digits}, and nothing is downloaded. The four original files are at http://yann.lecun.com/exdb/mnist/`,
    )
    expect(() => new datasets.FashionMNIST(digits)).toThrow('dataset-fashion-mnist')
    const broken = join(folder, 'broken')
    mkdirSync(broken)
    writeFileSync(join(broken, 'train-images-idx3-ubyte'), idx([3, 2, 3], pixels.slice(1)))
    expect(() => new datasets.MNIST(broken)).toThrow('has 17 numbers, and its shape (3, 2, 3) says 18')
    writeFileSync(join(broken, 'train-images-idx3-ubyte'), 'text')
    expect(() => new datasets.MNIST(broken)).toThrow('is not of the IDX format')
  })

  it('reads a file again that is another one since', async () => {
    const path = join(folder, 'rewritten.img')
    for (const format of ['webp', 'png', 'gif'] as const)
      for (const red of [0, 255, 0]) {
        const create = { width: 16, height: 16, channels: 3 as const, background: { r: red, g: 0, b: 0 } }
        writeFileSync(path, await sharp({ create }).toFormat(format, { lossless: true }).toBuffer())
        expect((await vision.Image.open(path)).convert('RGB').data[0], format).toBe(red)
      }
  })

  it('ImageFolder takes folders for classes', async () => {
    const root = join(folder, 'pets')
    for (const name of ['dog', 'cat/nap']) mkdirSync(join(root, name), { recursive: true })
    const pixel = (value: number) => torch.full([3, 1, 1], value, { dtype: torch.uint8 })
    await io.write_png(pixel(1), join(root, 'dog', 'b.png'))
    await io.write_png(pixel(2), join(root, 'dog', 'a.PNG'))
    await io.write_png(pixel(3), join(root, 'cat', 'nap', 'z.png'))
    writeFileSync(join(root, 'dog', 'notes.txt'), '')
    const dataset = new datasets.ImageFolder(root, { transform: new transforms.PILToTensor() })
    expect(dataset.classes).toEqual(['cat', 'dog'])
    expect(dataset.targets).toEqual([0, 1, 1])
    const samples = await Promise.all([0, 1, 2].map((i) => dataset.at(i)))
    expect(samples.map(([x, target]) => [x.at(0, 0, 0).item(), target])).toEqual([
      [3, 0],
      [2, 1],
      [1, 1],
    ])
    mkdirSync(join(root, 'fish'))
    expect(() => new datasets.ImageFolder(root)).toThrow(
      'Found no valid file for the classes fish. Supported extensions are: .jpg, .jpeg, .png',
    )
    symlinkSync(join(root, 'cat'), join(root, 'cat', 'again'))
    expect(() => new datasets.ImageFolder(root)).toThrow('again is a link to a folder that it is in')
    rmSync(join(root, 'cat', 'again'))
    expect(new datasets.ImageFolder(root, { allow_empty: true }).length).toBe(3)
    expect(() => new datasets.ImageFolder(join(root, 'fish'))).toThrow("Couldn't find any class folder in")
  })

  compare_recorded([
    [
      '[datasets.FakeData(size=9, image_size=(3, 6, 5), random_offset=4)[i] for i in (0, 8)]',
      () => {
        const fake = new datasets.FakeData({ size: 9, image_size: [3, 6, 5], random_offset: 4 })
        return [fake.at(0), fake.at(8)]
      },
    ],
  ])
})
