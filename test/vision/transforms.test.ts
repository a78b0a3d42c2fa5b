import * as torch from 'typetorch'
import { type Tensor, vision } from 'typetorch'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { compare_recorded, image, type Row } from './recorded.js'

const { transforms } = vision
const F = transforms.functional
const uint8 = (...shape: number[]) => torch.randint(0, 256, shape, { dtype: torch.uint8 })
const U8 = 'torch.randint(0, 256, (3, 11, 14), dtype=torch.uint8)'

describe('conversion, as torchvision', () => {
  compare_recorded([
    ["F.to_tensor(image('RGB', 5, 4))", () => F.to_tensor(image('RGB', 5, 4))],
    ["F.to_tensor(image('L', 5, 4))", () => F.to_tensor(image('L', 5, 4))],
    ["F.pil_to_tensor(image('RGBA', 5, 4))", () => F.pil_to_tensor(image('RGBA', 5, 4))],
    ['F.to_pil_image(torch.rand(3, 4, 5))', () => F.to_pil_image(torch.rand(3, 4, 5))],
    ['F.to_pil_image(torch.randn(3, 4, 5))', () => F.to_pil_image(torch.randn(3, 4, 5))],
    [`F.to_pil_image(${U8})`, () => F.to_pil_image(uint8(3, 11, 14))],
    ['F.to_pil_image(torch.rand(4, 5))', () => F.to_pil_image(torch.rand(4, 5))],
    ['F.to_pil_image(torch.rand(2, 4, 5))', () => F.to_pil_image(torch.rand(2, 4, 5))],
    ['F.to_pil_image(torch.rand(4, 4, 5))', () => F.to_pil_image(torch.rand(4, 4, 5))],
    ['F.to_pil_image(torch.rand(5, 4, 5))', () => F.to_pil_image(torch.rand(5, 4, 5))],
    ['F.to_pil_image(torch.rand(1, 1, 4, 5))', () => F.to_pil_image(torch.rand(1, 1, 4, 5))],
    [`F.convert_image_dtype(${U8}, torch.float32)`, () => F.convert_image_dtype(uint8(3, 11, 14))],
    [`F.convert_image_dtype(${U8}, torch.int16)`, () => F.convert_image_dtype(uint8(3, 11, 14), torch.int16)],
    [
      'F.convert_image_dtype(torch.rand(3, 4), torch.uint8)',
      () => F.convert_image_dtype(torch.rand(3, 4), torch.uint8),
    ],
    [
      'F.convert_image_dtype(torch.rand(3, 4), torch.int32)',
      () => F.convert_image_dtype(torch.rand(3, 4), torch.int32),
    ],
    [
      'F.convert_image_dtype(torch.arange(9, dtype=torch.int32) * 99999999, torch.uint8)',
      () => F.convert_image_dtype(torch.arange(9, { dtype: torch.int32 }).mul(99999999), torch.uint8),
    ],
    [
      `F2.to_dtype(${U8}, torch.float32, scale=True)`,
      () => F.to_dtype(uint8(3, 11, 14), torch.float32, { scale: true }),
    ],
    [`F2.to_dtype(${U8}, torch.int32, scale=True)`, () => F.to_dtype(uint8(3, 11, 14), torch.int32, true)],
    [`F2.to_dtype(${U8}, torch.float32)`, () => F.to_dtype(uint8(3, 11, 14), torch.float32)],
    [
      'F.normalize(torch.rand(3, 4, 5), [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])',
      () => F.normalize(torch.rand(3, 4, 5), [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ],
    ['F.normalize(torch.rand(1, 4, 5), [0.5], [0.0])', () => F.normalize(torch.rand(1, 4, 5), [0.5], [0])],
    [`F.normalize(${U8}, [0.5], [0.5])`, () => F.normalize(uint8(3, 11, 14), [0.5], [0.5])],
    ['F.normalize(torch.rand(4, 5), [0.5], [0.5])', () => F.normalize(torch.rand(4, 5), [0.5], [0.5])],
  ])
})

const sizes = [
  ['[5, 9]', [5, 9]],
  ['6', 6],
  ['[17]', [17]],
  ['[30, 25]', [30, 25]],
] as const
const modes = ['nearest', 'bilinear', 'bicubic', 'box', 'hamming', 'lanczos'] as const

describe('geometry, as torchvision', () => {
  const resized: Row[] = sizes.flatMap(([text, size]) => [
    ...modes.map(
      (mode): Row => [
        `F.resize(image('RGB', 14, 11), ${text}, T.InterpolationMode('${mode}'))`,
        () => F.resize(image('RGB', 14, 11), size, mode),
      ],
    ),
    ...modes.map(
      (mode): Row => [
        `F.resize(${U8}, ${text}, T.InterpolationMode('${mode}'))`,
        () => F.resize(uint8(3, 11, 14), size, mode),
      ],
    ),
    [
      `F.resize(torch.rand(2, 3, 11, 14), ${text}, antialias=False)`,
      () => F.resize(torch.rand(2, 3, 11, 14), size, { antialias: false }),
    ],
  ])
  compare_recorded([
    ...resized,
    ["F.resize(image('L', 14, 11), 40)", () => F.resize(image('L', 14, 11), 40)],
    ["F.resize(image('RGBA', 14, 11), [8, 7])", () => F.resize(image('RGBA', 14, 11), [8, 7])],
    ["F.resize(image('LA', 14, 11), [20, 7])", () => F.resize(image('LA', 14, 11), [20, 7])],
    [
      "F.resize(image('L', 30, 11), 10, max_size=20)",
      () => F.resize(image('L', 30, 11), 10, { max_size: 20 }),
    ],
    [
      "F.resize(image('L', 30, 11), 20, max_size=20)",
      () => F.resize(image('L', 30, 11), 20, { max_size: 20 }),
    ],
    ["F.hflip(image('RGB', 5, 4))", () => F.hflip(image('RGB', 5, 4))],
    ["F.vflip(image('RGB', 5, 4))", () => F.vflip(image('RGB', 5, 4))],
    [`F.hflip(${U8})`, () => F.hflip(uint8(3, 11, 14))],
    ["F.crop(image('RGB', 5, 4), -1, 2, 3, 9)", () => F.crop(image('RGB', 5, 4), -1, 2, 3, 9)],
    [`F.crop(${U8}, -3, 5, 9, 20)`, () => F.crop(uint8(3, 11, 14), -3, 5, 9, 20)],
    [`F.crop(${U8}, 2, 3, 4, 5)`, () => F.crop(uint8(3, 11, 14), 2, 3, 4, 5)],
    [`F.center_crop(${U8}, 6)`, () => F.center_crop(uint8(3, 11, 14), 6)],
    [`F.center_crop(${U8}, [5, 9])`, () => F.center_crop(uint8(3, 11, 14), [5, 9])],
    ["F.center_crop(image('RGB', 5, 4), 9)", () => F.center_crop(image('RGB', 5, 4), 9)],
    ["F.center_crop(image('RGB', 5, 14), [8, 9])", () => F.center_crop(image('RGB', 5, 14), [8, 9])],
    ["F.pad(image('RGB', 5, 4), 2)", () => F.pad(image('RGB', 5, 4), 2)],
    ["F.pad(image('RGB', 5, 4), [1, 2], (9, 8, 7))", () => F.pad(image('RGB', 5, 4), [1, 2], [9, 8, 7])],
    ...(['edge', 'reflect', 'symmetric'] as const).flatMap((mode): Row[] => [
      [
        `F.pad(image('RGB', 5, 4), [1, 2, 3, 0], padding_mode='${mode}')`,
        () => F.pad(image('RGB', 5, 4), [1, 2, 3, 0], 0, mode),
      ],
      [
        `F.pad(${U8}, [1, 2, 3, 0], padding_mode='${mode}')`,
        () => F.pad(uint8(3, 11, 14), [1, 2, 3, 0], 0, mode),
      ],
    ]),
    [`F.pad(${U8}, [1, 2, 3])`, () => F.pad(uint8(3, 11, 14), [1, 2, 3])],
    [`F.pad(${U8}, 1, padding_mode='around')`, () => F.pad(uint8(3, 11, 14), 1, 0, 'around' as never)],
  ])
})

describe('colours, as torchvision', () => {
  const adjusted: Row[] = (['brightness', 'contrast', 'saturation'] as const).flatMap((name) =>
    [0, 0.3, 1.7].flatMap((factor): Row[] => [
      [
        `F.adjust_${name}(image('RGB', 14, 11), ${factor})`,
        () => F[`adjust_${name}`](image('RGB', 14, 11), factor),
      ],
      [
        `F.adjust_${name}(image('L', 14, 11), ${factor})`,
        () => F[`adjust_${name}`](image('L', 14, 11), factor),
      ],
      [`F.adjust_${name}(${U8}, ${factor})`, () => F[`adjust_${name}`](uint8(3, 11, 14), factor)],
      [
        `F.adjust_${name}(torch.rand(2, 3, 4, 5), ${factor})`,
        () => F[`adjust_${name}`](torch.rand(2, 3, 4, 5), factor),
      ],
    ]),
  )
  compare_recorded([
    ...adjusted,
    ...[-0.4, 0.1, 0.5].flatMap((factor): Row[] => [
      [`F.adjust_hue(image('RGB', 24, 21), ${factor})`, () => F.adjust_hue(image('RGB', 24, 21), factor)],
      [`F.adjust_hue(${U8}, ${factor})`, () => F.adjust_hue(uint8(3, 11, 14), factor)],
    ]),
    [`F.adjust_hue(${U8}, 0.6)`, () => F.adjust_hue(uint8(3, 11, 14), 0.6)],
    ['F.adjust_brightness(torch.rand(2, 4, 5), 1)', () => F.adjust_brightness(torch.rand(2, 4, 5), 1)],
    ['F.adjust_brightness(torch.rand(3, 4, 5), -0.5)', () => F.adjust_brightness(torch.rand(3, 4, 5), -0.5)],
    ["F.rgb_to_grayscale(image('RGB', 14, 11))", () => F.rgb_to_grayscale(image('RGB', 14, 11))],
    ["F.rgb_to_grayscale(image('RGB', 14, 11), 3)", () => F.rgb_to_grayscale(image('RGB', 14, 11), 3)],
    [`F.rgb_to_grayscale(${U8}, 3)`, () => F.rgb_to_grayscale(uint8(3, 11, 14), 3)],
    ["image('RGBA', 14, 11).convert('LA')", () => image('RGBA', 14, 11).convert('LA')],
    ["image('L', 14, 11).convert('RGBA')", () => image('L', 14, 11).convert('RGBA')],
    [`F.gaussian_blur(${U8}, [3, 5])`, () => F.gaussian_blur(uint8(3, 11, 14), [3, 5])],
    ["F.gaussian_blur(image('RGB', 14, 11), 3, 0.7)", () => F.gaussian_blur(image('RGB', 14, 11), 3, 0.7)],
    [`F.gaussian_blur(${U8}, [3, 4])`, () => F.gaussian_blur(uint8(3, 11, 14), [3, 4])],
  ])
})

const several = <T>(transform: (input: T) => unknown, input: T) => [1, 2, 3, 4].map(() => transform(input))

describe('random transforms draw what torchvision draws', () => {
  const both = (python: string, make: () => torch.vision.transforms.PictureTransform): Row[] => [
    [
      `[T.${python}(image('RGB', 24, 21)) for _ in range(4)]`,
      () => several((x) => make()(x), image('RGB', 24, 21)),
    ],
    [
      `[T.${python}(torch.rand(3, 21, 24)) for _ in range(4)]`,
      () => {
        // Python draws an image for each.
        return [1, 2, 3, 4].map(() => make()(torch.rand(3, 21, 24)))
      },
    ],
  ]
  compare_recorded([
    ...both('RandomCrop(9)', () => new transforms.RandomCrop(9)),
    ...both('RandomCrop((20, 24), padding=4)', () => new transforms.RandomCrop([20, 24], { padding: 4 })),
    ...both(
      "RandomCrop(30, pad_if_needed=True, padding_mode='reflect')",
      () => new transforms.RandomCrop(30, null, { pad_if_needed: true, padding_mode: 'reflect' }),
    ),
    ...both('RandomCrop(30)', () => new transforms.RandomCrop(30)),
    ...both('RandomHorizontalFlip()', () => new transforms.RandomHorizontalFlip()),
    ...both('RandomVerticalFlip(0.3)', () => new transforms.RandomVerticalFlip({ p: 0.3 })),
    ...both('RandomResizedCrop(8)', () => new transforms.RandomResizedCrop(8)),
    ...both(
      'RandomResizedCrop((8, 6), scale=(0.9, 1.0), ratio=(3.0, 4.0))',
      () => new transforms.RandomResizedCrop([8, 6], { scale: [0.9, 1], ratio: [3, 4] }),
    ),
    ...both('RandomGrayscale(0.5)', () => new transforms.RandomGrayscale(0.5)),
    ...both(
      'ColorJitter(0.4, 0.4, (0.2, 0.9), 0.1)',
      () => new transforms.ColorJitter(0.4, 0.4, [0.2, 0.9], 0.1),
    ),
    ...both('GaussianBlur(5)', () => new transforms.GaussianBlur(5)),
    [
      '[T.RandomErasing()(torch.rand(3, 21, 24)) for _ in range(4)]',
      () => [1, 2, 3, 4].map(() => new transforms.RandomErasing()(torch.rand(3, 21, 24))),
    ],
    [
      "[T.RandomErasing(1, value='random')(torch.rand(3, 21, 24)) for _ in range(2)]",
      () => [1, 2].map(() => new transforms.RandomErasing(1, { value: 'random' })(torch.rand(3, 21, 24))),
    ],
    [
      'T.RandomApply([T.RandomCrop(5)], p=0.5)(torch.rand(3, 21, 24))',
      () => new transforms.RandomApply([new transforms.RandomCrop(5)], { p: 0.5 })(torch.rand(3, 21, 24)),
    ],
  ])
})

describe('what transforms print', () => {
  const printed = (python: string, make: () => unknown): Row => [`str(T.${python})`, () => String(make())]
  compare_recorded([
    printed('Resize(5)', () => new transforms.Resize(5)),
    printed(
      'Resize((5, 6), max_size=None, antialias=False)',
      () => new transforms.Resize([5, 6], { antialias: false }),
    ),
    printed('Normalize((0.5,), (1.0,))', () => new transforms.Normalize([0.5], [1])),
    printed('CenterCrop(3)', () => new transforms.CenterCrop(3)),
    printed('RandomCrop(32, padding=4)', () => new transforms.RandomCrop(32, { padding: 4 })),
    printed('RandomHorizontalFlip()', () => new transforms.RandomHorizontalFlip()),
    printed('RandomResizedCrop(8)', () => new transforms.RandomResizedCrop(8)),
    printed('ColorJitter(0.5, hue=0.25)', () => new transforms.ColorJitter(0.5, { hue: 0.25 })),
    printed('Pad(2)', () => new transforms.Pad(2)),
    printed('Grayscale()', () => new transforms.Grayscale()),
    printed('GaussianBlur(3)', () => new transforms.GaussianBlur(3)),
    printed('RandomErasing()', () => new transforms.RandomErasing()),
    printed('ToPILImage()', () => new transforms.ToPILImage()),
    printed(
      'Compose([T.Resize(5), T.ToTensor()])',
      () => new transforms.Compose([new transforms.Resize(5), new transforms.ToTensor()]),
    ),
    printed('RandomApply([T.Pad(1)])', () => new transforms.RandomApply([new transforms.Pad(1)])),
  ])
})

describe('what constructors refuse', () => {
  compare_recorded([
    ['T.Resize([1, 2, 3])', () => new transforms.Resize([1, 2, 3] as never)],
    ['T.CenterCrop([1, 2, 3])', () => new transforms.CenterCrop([1, 2, 3] as never)],
    ['T.Pad([1, 2, 3])', () => new transforms.Pad([1, 2, 3])],
    ['T.ColorJitter(brightness=-1.0)', () => new transforms.ColorJitter({ brightness: -1 })],
    ['T.ColorJitter(hue=0.75)', () => new transforms.ColorJitter({ hue: 0.75 })],
    ['T.GaussianBlur(4)', () => new transforms.GaussianBlur(4)],
    ['T.GaussianBlur(3, 0)', () => new transforms.GaussianBlur(3, 0)],
    ['T.RandomErasing(p=2)', () => new transforms.RandomErasing({ p: 2 })],
    ["T.RandomErasing(value='noise')", () => new transforms.RandomErasing({ value: 'noise' as never })],
  ])
})

it('to_tensor takes no tensor, as in Python', () => {
  expect(() => F.to_tensor(torch.ones(1, 2, 2) as never)).toThrow(
    'pic should be PIL Image or ndarray. Got Tensor',
  )
})

it('transforms keep the type of what they are given', () => {
  const flip = new transforms.RandomHorizontalFlip(1)
  expectTypeOf(flip(torch.rand(1, 2, 2))).toEqualTypeOf<Tensor>()
  expectTypeOf(flip(image('L', 2, 2))).toEqualTypeOf<vision.Image>()
  expectTypeOf(new transforms.Compose([flip])(image('L', 2, 2))).toEqualTypeOf<Tensor>()
  const twice = new transforms.Lambda((x: Tensor) => x.mul(2))
  expect(twice(torch.ones(1)).item()).toBe(2)
  expect(() => new transforms.Normalize([0.5], [0.5], { inplaces: true } as never)).toThrow(
    "unexpected keyword argument 'inplaces'; did you mean 'inplace'?",
  )
})
