// Good files of every format, small, made once a process.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import * as torch from 'typetorch'

const golden = (name) =>
  readFileSync(fileURLToPath(new URL(`../../test/golden/conformance/files/${name}`, import.meta.url)))

/** Values whose pickles have every instruction and every kind of tensor. */
function values() {
  const base = torch.arange(24, { dtype: torch.float32 }).reshape(4, 6)
  const quantized = torch.quantize_per_tensor(base, 0.5, 3, torch.qint8)
  const channels = torch.quantize_per_channel(base, torch.ones(4), torch.zeros(4), 0, torch.qint8)
  return [
    {
      base,
      t: base.t(),
      half: torch.ones(3, { dtype: torch.bfloat16 }),
      parameter: new torch.nn.Parameter(base),
    },
    {
      untyped: torch.ones(5, { dtype: torch.uint16 }),
      complex: torch.ones(2, { dtype: torch.complex64 }).conj(),
    },
    { coo: torch.eye(3).to_sparse(), csr: torch.eye(3).to_sparse_csr() },
    { quantized, channels },
    {
      nested: torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]),
      meta: torch.empty(3, { device: 'meta' }),
    },
    [
      1,
      2.5,
      'text',
      2n ** 70n,
      null,
      true,
      new Set([1, 'a']),
      new Uint8Array([1, 2]),
      torch.float16,
      torch.device('cpu'),
    ],
    new torch.OrderedDict([
      ['a', new Map([[0, { step: 1 }]])],
      ['b', base.untyped_storage()],
    ]),
  ]
}

async function images() {
  const pixels = Buffer.from(Array.from({ length: 9 * 7 * 3 }, (_, i) => (i * 37) % 256))
  const image = () => sharp(pixels, { raw: { width: 9, height: 7, channels: 3 } })
  const tiff = (compression) => image().tiff({ compression }).toBuffer()
  const bmp = Buffer.alloc(14 + 40 + 8 + 16)
  bmp.write('BM')
  bmp.writeUInt32LE(62, 10)
  for (const [at, value] of [
    [14, 40],
    [18, 4],
    [22, 4],
    [54 + 4, 0xffffff],
  ])
    bmp.writeUInt32LE(value, at)
  for (const [at, value] of [
    [26, 1],
    [28, 1],
  ])
    bmp.writeUInt16LE(value, at)
  bmp.writeUInt32LE(2, 46)
  return {
    png: [
      await image().png().toBuffer(),
      await image().png({ palette: true }).toBuffer(),
      await image().png({ progressive: true }).toBuffer(),
      await image().greyscale().png().toBuffer(),
      await image().ensureAlpha(0.5).toColourspace('rgb16').png().toBuffer(),
    ],
    jpeg: [
      await image().jpeg().toBuffer(),
      await image().jpeg({ progressive: true }).toBuffer(),
      await image().greyscale().jpeg().toBuffer(),
      await image().toColourspace('cmyk').jpeg().toBuffer(),
    ],
    webp: [
      await image().webp().toBuffer(),
      await image().webp({ lossless: true }).toBuffer(),
      await image().ensureAlpha(0.5).webp().toBuffer(),
    ],
    tiff: await Promise.all(['none', 'lzw', 'deflate', 'jpeg', 'packbits'].map(tiff)),
    gif: [await image().gif().toBuffer(), await image().gif({ progressive: true }).toBuffer()],
    bmp: [bmp],
    pnm: [
      Buffer.from('P3\n2 2\n255\n1 2 3 4 5 6 7 8 9 10 11 12\n'),
      Buffer.from('P2 2 2 65535 1 2 3 4'),
      Buffer.from('P1 3 2 1 0 1 0 1 0'),
      Buffer.concat([Buffer.from('P6 2 2 255\n'), Buffer.alloc(12, 7)]),
      Buffer.concat([Buffer.from('Pf 2 2 -1.0\n'), Buffer.alloc(16, 7)]),
    ],
  }
}

const CIFAR_BATCH = (() => {
  const text = (value) => `U${String.fromCharCode(value.length)}${value}`
  const call = `cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85${text('b')}tR(K\x01K\x01M\x00\x0c\x86`
  const dtype = `cnumpy\ndtype\n(${text('u1')}K\x00K\x01tR`
  return Buffer.concat([
    Buffer.from(
      `\x80\x02}q\x01(${text('labels')}]q\x02K\x03a${text('data')}${call}${dtype}\x89T\x00\x0c\x00\x00`,
      'latin1',
    ),
    Buffer.alloc(3072, 9),
    Buffer.from('tbu.', 'latin1'),
  ])
})()

/** All of them; `write` saves what is written to a path and gives its bytes. */
export async function make_seeds(write) {
  const base = torch.arange(24, { dtype: torch.float32 }).reshape(4, 6)
  const { npy } = torch.utils
  return {
    archives: [
      ...values().map((value) => write('seed.pt', (path) => torch.save(value, path))),
      ...['shared_views.pt', 'protocol2.pt', 'optimizer_sgd.pt'].map(golden),
    ],
    legacy: [golden('legacy.pt')],
    safetensors: [
      Buffer.from(
        torch.safetensors.save(
          { a: base, b: torch.ones(3, { dtype: torch.int64 }), c: torch.zeros(0, 3) },
          { format: 'pt' },
        ),
      ),
    ],
    npy: [base, base.t(), torch.ones(3, { dtype: torch.complex64 }), torch.tensor(2)].map((x) =>
      Buffer.from(npy.to_bytes(x)),
    ),
    npz: [
      write('seed.npz', (path) =>
        npy.savez_compressed(path, { base, other: torch.ones(2, { dtype: torch.bool }) }),
      ),
    ],
    cifar: [CIFAR_BATCH],
    images: await images(),
  }
}
