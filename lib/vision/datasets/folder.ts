import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { runtime_error, value_error } from '../../errors.js'
import { own } from '../../own.js'
import { check_options } from '../../python/options.js'
import { Image } from '../image.js'
import { sample_index } from './mnist.js'
import { TRANSFORMS, type TransformOptions, VisionDataset } from './vision_dataset.js'

/** Endings of image files. */
export const IMG_EXTENSIONS: readonly string[] = Object.freeze([
  '.jpg',
  '.jpeg',
  '.png',
  '.ppm',
  '.bmp',
  '.pgm',
  '.tif',
  '.tiff',
  '.webp',
])

const by_code_point = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))

/** Whether a name ends as one of the endings, in letters of either case. */
export function has_file_allowed_extension(
  filename: string,
  extensions: string | readonly string[],
): boolean {
  const name = filename.toLowerCase()
  return [extensions].flat().some((ending) => name.endsWith(ending))
}

/** Whether a name is that of an image file. */
export function is_image_file(filename: string): boolean {
  return has_file_allowed_extension(filename, IMG_EXTENSIONS)
}

/**
 * The folders in a folder, sorted, and each one's number.
 *
 * @throws RuntimeError where there is none
 */
export function find_classes(directory: string): [classes: string[], class_to_idx: Record<string, number>] {
  const classes = readdirSync(directory)
    .filter((name) => statSync(join(directory, name)).isDirectory())
    .sort(by_code_point)
  if (classes.length === 0) throw runtime_error(`Couldn't find any class folder in ${directory}.`)
  return [classes, Object.fromEntries(classes.map((name, i) => [name, i]))]
}

// `above` are the folders that it is in, by device and number: a link may lead back to one of them.
function* files_below(
  folder: string,
  above: readonly string[] = [],
): Generator<[folder: string, names: string[]]> {
  const { dev, ino } = statSync(folder)
  const own = `${dev} ${ino}`
  if (above.includes(own)) throw runtime_error(`${folder} is a link to a folder that it is in`)
  const entries = readdirSync(folder).sort(by_code_point)
  const is_folder = new Map(entries.map((name) => [name, statSync(join(folder, name)).isDirectory()]))
  yield [folder, entries.filter((name) => !is_folder.get(name))]
  for (const name of entries) if (is_folder.get(name)) yield* files_below(join(folder, name), [...above, own])
}

const FILES = ['extensions', 'is_valid_file', 'allow_empty'] as const

/** Options of {@link make_dataset}. */
export interface MakeDatasetOptions {
  /** The endings of files that are taken. */
  extensions?: string | readonly string[] | null
  /** Whether a file is taken, in place of endings. */
  is_valid_file?: ((path: string) => boolean) | null
  /** Whether a class may have no file. Default: false. */
  allow_empty?: boolean
}

/**
 * The files of each class's folder and those below it, sorted, with the class's number.
 *
 * @throws ValueError unless there is exactly one of `extensions` and `is_valid_file`, RuntimeError for a class without files
 */
export function make_dataset(
  directory: string,
  class_to_idx: Record<string, number> = find_classes(directory)[1],
  options: MakeDatasetOptions = {},
): [path: string, target: number][] {
  check_options('make_dataset', options, FILES)
  const { extensions = null, is_valid_file = null, allow_empty = false } = own(options)
  if (Object.keys(class_to_idx).length === 0)
    throw value_error("'class_to_index' must have at least one entry to collect any samples.")
  if ((extensions === null) === (is_valid_file === null))
    throw value_error('Both extensions and is_valid_file cannot be None or not None at the same time')
  const valid = is_valid_file ?? ((path: string) => has_file_allowed_extension(path, extensions!))
  const samples: [string, number][] = []
  const empty: string[] = []
  for (const name of Object.keys(class_to_idx).sort(by_code_point)) {
    const before = samples.length
    const folder = join(directory, name)
    const found = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? [...files_below(folder)] : []
    found.sort(([a], [b]) => by_code_point(a, b))
    for (const [path, names] of found)
      for (const file of names)
        if (valid(join(path, file))) samples.push([join(path, file), class_to_idx[name]!])
    if (samples.length === before) empty.push(name)
  }
  if (empty.length > 0 && !allow_empty)
    throw runtime_error(
      `Found no valid file for the classes ${empty.join(', ')}. ` +
        (extensions === null ? '' : `Supported extensions are: ${[extensions].flat().join(', ')}`),
    )
  return samples
}

/** Options of {@link DatasetFolder}. */
export interface DatasetFolderOptions<Raw, X, Y> extends TransformOptions<Raw, X, Y>, MakeDatasetOptions {}

/**
 * Files whose folders are their classes. Samples are promises: files are read while the event loop goes on.
 *
 * @param root - the folder that has a folder for each class
 * @param loader - reads a file
 * @param options - extensions or is_valid_file, allow_empty, transform, target_transform
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.DatasetFolder.html
 */
export class DatasetFolder<Raw, X = Raw, Y = number> extends VisionDataset<Raw, X, Y> {
  readonly loader: (path: string) => Raw | Promise<Raw>
  readonly classes: readonly string[]
  readonly class_to_idx: Readonly<Record<string, number>>
  /** Each file's path and class. */
  readonly samples: readonly (readonly [path: string, target: number])[]
  readonly targets: readonly number[]

  constructor(
    root: string,
    loader: (path: string) => Raw | Promise<Raw>,
    options: DatasetFolderOptions<Raw, X, Y> = {},
  ) {
    check_options('DatasetFolder', options, [...FILES, ...TRANSFORMS])
    super(root, options)
    const { transform, target_transform, ...files } = own(options)
    const [classes, class_to_idx] = this.find_classes(root)
    this.loader = loader
    this.classes = classes
    this.class_to_idx = class_to_idx
    this.samples = make_dataset(root, class_to_idx, files)
    this.targets = this.samples.map(([, target]) => target)
  }

  /** The classes and their numbers; to be overridden where folders are not all of them. */
  find_classes(directory: string): [classes: string[], class_to_idx: Record<string, number>] {
    return find_classes(directory)
  }

  override get length(): number {
    return this.samples.length
  }

  override async at(index: number): Promise<[X, Y]> {
    const [path, target] = this.samples[sample_index(index, this.length, this.constructor.name)]!
    return this.transformed(await this.loader(path), target)
  }
}

/** Reads an image file in colour. */
export async function default_loader(path: string): Promise<Image> {
  return (await Image.open(path)).convert('RGB')
}

/** Options of {@link ImageFolder}. */
export interface ImageFolderOptions<X, Y> extends TransformOptions<Image, X, Y> {
  /** Reads a file. Default: {@link default_loader}. */
  loader?: (path: string) => Image | Promise<Image>
  /** Whether a file is taken. Default: where its ending is an image's. */
  is_valid_file?: ((path: string) => boolean) | null
  /** Whether a class may have no file. Default: false. */
  allow_empty?: boolean
}

/**
 * Image files whose folders are their classes: `root/dog/1.png`, `root/cat/nap/2.jpg`.
 *
 * @param root - the folder that has a folder for each class
 * @param options - transform, target_transform, loader, is_valid_file, allow_empty
 *
 * Sample: a promise of an {@link Image} of mode `'RGB'`, or what `transform` makes of it, and the class's number.
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.ImageFolder.html
 */
export class ImageFolder<X = Image, Y = number> extends DatasetFolder<Image, X, Y> {
  constructor(root: string, options: ImageFolderOptions<X, Y> = {}) {
    check_options('ImageFolder', options, ['loader', 'is_valid_file', 'allow_empty', ...TRANSFORMS])
    const { loader = default_loader, is_valid_file = null, ...rest } = own(options)
    super(root, loader, {
      ...rest,
      is_valid_file,
      extensions: is_valid_file === null ? IMG_EXTENSIONS : null,
    })
  }

  /** The same as {@link samples}. */
  get imgs(): readonly (readonly [path: string, target: number])[] {
    return this.samples
  }
}
