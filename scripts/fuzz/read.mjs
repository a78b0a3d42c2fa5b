// What reads a file of each kind, and looks at all of what comes of it.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as torch from 'typetorch'

const { vision, safetensors } = torch
const { npy } = torch.utils

function place(folder, name, file) {
  const path = join(folder, name)
  writeFileSync(path, file)
  return path
}

function mnist(folder, file, ending) {
  place(folder, `train-images-idx3-ubyte${ending}`, file)
  place(folder, 'train-labels-idx1-ubyte', Buffer.from([0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3]))
  return new vision.datasets.MNIST(folder).at(0)
}

function cifar(folder, file) {
  const inner = join(folder, 'cifar-10-batches-py')
  mkdirSync(inner, { recursive: true })
  place(inner, 'test_batch', file)
  place(inner, 'batches.meta', Buffer.from('\x80\x02}U\x0blabel_names]U\x01xas.', 'latin1'))
  return new vision.datasets.CIFAR10(folder, { train: false }).at(0)
}

function slices(path) {
  const opened = safetensors.safe_open(path)
  try {
    return opened.keys().map((name) => [opened.metadata(), opened.get_slice(name).at('...')])
  } finally {
    opened.close()
  }
}

/** By reader: gets a folder of its own and the file's bytes. */
export const READERS = {
  load: (folder, file) => torch.load(place(folder, 'x.pt', file)),
  mmap: (folder, file) => torch.load(place(folder, 'x.pt', file), { mmap: true }),
  meta: (folder, file) => torch.load(place(folder, 'x.pt', file), { map_location: 'meta' }),
  unsafe_globals: (folder, file) =>
    torch.serialization.get_unsafe_globals_in_checkpoint(place(folder, 'x.pt', file)),
  load_file: (folder, file) => safetensors.load_file(place(folder, 'x.safetensors', file)),
  map_file: (folder, file) => safetensors.load_file(place(folder, 'x.safetensors', file), { mmap: true }),
  load_bytes: (_, file) => safetensors.load(file),
  slices: (folder, file) => slices(place(folder, 'x.safetensors', file)),
  npy: (folder, file) => npy.load(place(folder, 'x.npy', file)),
  npz: (folder, file) => npy.load_npz(place(folder, 'x.npz', file)),
  idx: (folder, file) => mnist(folder, file, ''),
  idx_gz: (folder, file) => mnist(folder, file, '.gz'),
  cifar,
  open: async (folder, file) => (await vision.Image.open(place(folder, 'x.img', file))).convert('RGBA'),
  decode: (folder, file) => vision.io.decode_image(place(folder, 'x.img', file), 'RGB'),
}

/** Reads every small tensor that is there: what was built must be real memory. */
export function touch(value, seen = new Set()) {
  if (typeof value !== 'object' || value === null || seen.has(value)) return
  seen.add(value)
  if (value instanceof torch.Tensor) {
    if (value.device.type === 'meta' || value.is_nested || value.numel() > 1e6) return
    if (value.is_quantized) value.int_repr().clone()
    else if (value.layout.name === 'strided') value.clone()
    else if (value.shape.reduce((all, size) => all * size, 1) < 1e6) value.to_dense()
    return
  }
  if (ArrayBuffer.isView(value)) return
  const items =
    value instanceof torch.OrderedDict
      ? value.values()
      : value instanceof Map || value instanceof Set
        ? value.values()
        : Object.values(value)
  for (const item of items) touch(item, seen)
}
