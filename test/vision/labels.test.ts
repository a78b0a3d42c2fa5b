import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as torch from 'typetorch'
import { vision } from 'typetorch'
import { afterAll, describe, expect, it } from 'vitest'
import { write_cifar, write_mnist } from './written_datasets.js'

const { DataLoader, Subset, ConcatDataset, StackDataset, random_split } = torch.utils.data
const { datasets, io, transforms } = vision
const F = torch.nn.functional
const folder = mkdtempSync(join(tmpdir(), 'typetorch-labels-'))
afterAll(() => rmSync(folder, { recursive: true }))

const pets = join(folder, 'pets')
for (const name of ['cat', 'dog']) {
  mkdirSync(join(pets, name), { recursive: true })
  for (let i = 0; i < 3; i++)
    await io.write_png(torch.full([3, 4, 4], 40 * i, { dtype: torch.uint8 }), join(pets, name, `${i}.png`))
}
write_mnist(folder)
write_cifar(folder)
const transform = new transforms.Compose([new transforms.ToTensor()])

type Labelled = torch.utils.data.MapDataset<[torch.Tensor, number]>
const made: [name: string, make: (target_transform?: ((target: number) => number) | null) => Labelled][] = [
  [
    'ImageFolder',
    (target_transform = null) => new datasets.ImageFolder(pets, { transform, target_transform }),
  ],
  [
    'DatasetFolder',
    (target_transform = null) =>
      new datasets.DatasetFolder(pets, datasets.folder.default_loader, {
        extensions: '.png',
        transform,
        target_transform,
      }),
  ],
  ['MNIST', (target_transform = null) => new datasets.MNIST(folder, { transform, target_transform })],
  [
    'FashionMNIST',
    (target_transform = null) => new datasets.FashionMNIST(folder, { transform, target_transform }),
  ],
  ['CIFAR10', (target_transform = null) => new datasets.CIFAR10(folder, { transform, target_transform })],
  ['CIFAR100', (target_transform = null) => new datasets.CIFAR100(folder, { transform, target_transform })],
  [
    'FakeData',
    (target_transform = null) =>
      new datasets.FakeData({ size: 6, image_size: [3, 4, 4], transform, target_transform }),
  ],
]

async function batches(
  dataset: torch.utils.data.AnyDataset<unknown>,
  options = {},
): Promise<torch.Tensor[][]> {
  const found: torch.Tensor[][] = []
  const loader = new DataLoader(dataset as Labelled, { batch_size: 2, ...options })
  for await (const batch of loader) found.push(batch as torch.Tensor[])
  return found
}

describe('labels of the datasets are integers', () => {
  it.each(made)('%s: int64 batches that cross_entropy takes', async (_, make) => {
    for (const [x, y] of await batches(make())) {
      expect([y!.dtype, y!.shape]).toEqual([torch.int64, [2]])
      const scores = x!.flatten(1).mean([1], { keepdim: true }).expand(2, 100)
      expect(Number.isFinite(F.cross_entropy(scores, y!).item() as number)).toBe(true)
    }
  })

  it.each(made)('%s: through a target_transform', async (_, make) => {
    const plain = await batches(make())
    const more = await batches(make((target) => target + 1))
    expect(more.map(([, y]) => y!.dtype)).toEqual(more.map(() => torch.int64))
    expect(more.map(([, y]) => y!.sub(1).tolist())).toEqual(plain.map(([, y]) => y!.tolist()))
    const halves = await batches(make((target) => target + 0.5))
    expect(halves.map(([, y]) => y!.dtype)).toEqual(halves.map(() => torch.float64))
    const floats = await batches(make((target) => torch.float_scalar(target) as unknown as number))
    expect(floats.map(([, y]) => y!.dtype)).toEqual(floats.map(() => torch.float64))
  })

  it.each(made)('%s: through Subset, random_split, ConcatDataset and StackDataset', async (_, make) => {
    const dataset = make() as torch.utils.data.Dataset<[torch.Tensor, number]>
    const views = [
      new Subset(dataset, [1, 0]),
      ...random_split(dataset, [2, dataset.length! - 2]).slice(0, 1),
      new ConcatDataset([dataset, dataset]),
    ]
    for (const view of views)
      for (const [, y] of await batches(view as never)) expect(y!.dtype).toBe(torch.int64)
    const [[first]] = (await batches(new StackDataset(dataset, dataset) as never)) as never as [
      [torch.Tensor[]],
    ]
    expect(first[1]!.dtype).toBe(torch.int64)
  })

  it('in worker threads', async () => {
    for (const [, make] of made) {
      const dataset = make() as unknown as { transform: unknown; target_transform: unknown }
      const alone = await batches(dataset as never)
      const beside = await batches(dataset as never, { num_workers: 1 })
      expect(beside.map(([, y]) => [y!.dtype, y!.tolist()])).toEqual(
        alone.map(([, y]) => [y!.dtype, y!.tolist()]),
      )
      expect(beside[0]![1]!.dtype).toBe(torch.int64)
    }
  })

  it('samples are plain lists of an image and a number', () => {
    const sample = new datasets.MNIST(folder, { transform: () => 'x' }).at(0)
    expect(sample).toEqual(['x', 7])
    expect(JSON.stringify(sample)).toBe('["x",7]')
    expect(Object.keys(sample)).toEqual(['0', '1'])
  })
})

describe('a damaged file in a folder', () => {
  it('is named by ImageFolder, a DataLoader and a worker', async () => {
    const root = join(folder, 'damaged')
    mkdirSync(join(root, 'a'), { recursive: true })
    const path = join(root, 'a', 'broken.png')
    await io.write_png(torch.zeros([3, 4, 4], { dtype: torch.uint8 }), path)
    const whole = (await io.read_file(path)).typed_array({ copy: true }) as Uint8Array
    writeFileSync(path, whole.subarray(0, whole.length - 30))
    const dataset = new datasets.ImageFolder(root, { transform })
    const message = `cannot read the image '${path}': image file is truncated`
    await expect(dataset.at(0)).rejects.toThrow(message)
    await expect(batches(dataset)).rejects.toThrow(message)
    await expect(batches(dataset, { num_workers: 1 })).rejects.toThrow(message)
    writeFileSync(path, 'no image')
    await expect(dataset.at(0)).rejects.toThrow(`cannot read the image '${path}': cannot identify image file`)
    writeFileSync(path, '')
    await expect(dataset.at(0)).rejects.toThrow(`cannot read the image '${path}': cannot identify image file`)
  })
})

it('misspelt options of datasets and decoders are refused', async () => {
  const wrong = { trasnform: null } as never
  for (const make of [
    () => new datasets.ImageFolder(pets, wrong),
    () => new datasets.DatasetFolder(pets, (path) => path, wrong),
    () => new datasets.MNIST(folder, wrong),
    () => new datasets.FashionMNIST(folder, wrong),
    () => new datasets.CIFAR10(folder, wrong),
    () => new datasets.CIFAR100(folder, wrong),
    () => new datasets.FakeData(wrong),
    () => datasets.folder.make_dataset(pets, { cat: 0 }, wrong),
  ])
    expect(make).toThrow("got an unexpected keyword argument 'trasnform'")
  expect(() => new datasets.MNIST(folder, true as never)).toThrow(
    'MNIST() takes its options as one object, not boolean',
  )
  await expect(io.read_image('x.png', { moed: 'RGB' } as never)).rejects.toThrow(
    "'moed'; did you mean 'mode'?",
  )
  await expect(io.read_image('x.png', 'XYZ' as never)).rejects.toThrow(
    "'XYZ': decode_image's modes are UNCHANGED",
  )
})
