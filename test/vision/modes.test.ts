import * as torch from 'typetorch'
import { vision } from 'typetorch'
import { describe, expect, it } from 'vitest'
import { compare_recorded, image, type Row } from './recorded.js'

const F = vision.transforms.functional
const modes = ['1', 'P', 'I;16', 'I', 'F', 'CMYK'] as const

describe('images of every mode are moved and converted, as with torchvision', () => {
  const rows = modes.flatMap((mode): Row[] => {
    const python = `image('${mode}', 7, 5)`
    const ours = () => image(mode, 7, 5)
    return [
      [`F.hflip(${python})`, () => F.hflip(ours())],
      [`F.vflip(${python})`, () => F.vflip(ours())],
      [`F.crop(${python}, 1, 2, 3, 4)`, () => F.crop(ours(), 1, 2, 3, 4)],
      [`F.crop(${python}, -1, 2, 3, 9)`, () => F.crop(ours(), -1, 2, 3, 9)],
      [`F.pad(${python}, [1, 2])`, () => F.pad(ours(), [1, 2])],
      [`F.center_crop(${python}, [3, 3])`, () => F.center_crop(ours(), [3, 3])],
      [
        `F.resize(${python}, [4, 11], T.InterpolationMode.NEAREST)`,
        () => F.resize(ours(), [4, 11], 'nearest'),
      ],
      [`F.to_tensor(${python})`, () => F.to_tensor(ours())],
      [`${python}.convert('RGB')`, () => ours().convert('RGB')],
      [`${python}.convert('L')`, () => ours().convert('L')],
      [`${python}.convert('RGBA')`, () => ours().convert('RGBA')],
    ]
  })
  const smooth = (['1', 'P'] as const).map(
    (mode): Row => [`F.resize(image('${mode}', 7, 5), [4, 11])`, () => F.resize(image(mode, 7, 5), [4, 11])],
  )
  compare_recorded([...rows, ...smooth])
})

describe('transforms of values', () => {
  const { GaussianBlur, Grayscale } = vision.transforms
  const work: [name: string, apply: (img: vision.Image) => unknown][] = [
    ['adjust_brightness', (img) => F.adjust_brightness(img, 0.5)],
    ['adjust_contrast', (img) => F.adjust_contrast(img, 0.5)],
    ['adjust_saturation', (img) => F.adjust_saturation(img, 0.5)],
    ['adjust_hue', (img) => F.adjust_hue(img, 0.1)],
    ['gaussian_blur', (img) => new GaussianBlur(3)(img as never)],
  ]
  it.each(work)('%s refuses modes whose values are no light', (name, apply) => {
    for (const mode of modes)
      expect(() => apply(image(mode, 7, 5))).toThrow(
        `${name}(): images of mode '${mode}' are not supported: convert them to 'L', 'LA', 'RGB' or 'RGBA' first`,
      )
    expect(new Grayscale()(image('CMYK', 7, 5) as never)).toBeInstanceOf(vision.Image)
  })

  it('resize refuses to mix values of 16 and 32 bits, and inks', () => {
    for (const mode of ['I;16', 'I', 'F', 'CMYK'] as const)
      expect(() => F.resize(image(mode, 7, 5), [3, 3])).toThrow(`resize(): images of mode '${mode}'`)
  })

  it('pad refuses another value than 0', () => {
    for (const mode of modes)
      expect(() => F.pad(image(mode, 7, 5), 1, 3)).toThrow(
        `pad(): images of mode '${mode}' are padded with 0 only, not 3: convert them first`,
      )
  })

  it('save and convert refuse modes that they have not', async () => {
    await expect(image('I;16', 2, 2).save('x.png')).rejects.toThrow(
      "cannot write mode I;16 as .png: convert it to 'L', 'LA', 'RGB' or 'RGBA'",
    )
    expect(() => image('L', 2, 2).convert('P')).toThrow('conversion from L to P not supported')
    expect(() => image('L', 2, 2).convert('YCbCr' as never)).toThrow(
      'conversion from L to YCbCr not supported',
    )
    await expect(vision.Image.open(3 as never)).rejects.toThrow(
      "argument 'source' must be a path or bytes, not number",
    )
  })

  it('keeps a palette through moves, and leaves a Buffer that it was made of', () => {
    const flipped = F.hflip(image('P', 7, 5))
    expect(flipped.palette).toEqual(image('P', 7, 5).palette)
    const bytes = Buffer.from([1, 2, 3, 4, 5, 6, 7, 8])
    new vision.Image('LA', 2, 2, bytes).resize([3, 3])
    expect([...bytes]).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(torch.equal(F.pil_to_tensor(flipped).flip(-1), F.pil_to_tensor(image('P', 7, 5)))).toBe(true)
  })
})
