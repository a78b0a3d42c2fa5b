import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

// Two images each, as Python's pickle.dumps(…, 2) wrote them, gzipped.
const BATCH_10 =
  'H4sIAAAAAAACA+3ZSW7DIBQGYDzEbWg6T+lwAK8s5RpF9YKVN1WEMVIiOU5+Gy8stVI3zXDqFic5RfVY8IEe/Lw93/4XWKynelkY' +
  '3XBT9QsOL4sYY6XKTdnAP27svJogWCOUGHwgikUghmbmZaGrFsoqnMxc9VRiqKt2seoSl1qbZNGWdq7qWnV8Whu9rBpbt9py8MMx' +
  'XhWHKs4E+8HIJXouMcd5H3chcbnBlcR1LDzhv7PRGjfHi4XtVq7Z28x359sJ7nbbDe4lHlxr+4xPPKZp+vbrxn4SzGKc79wLbOzK' +
  'nh+Eg4ggCIIgCIIgCIIgCIIgCIIgiH8EnvoPhmeJF4vXvE3+ALWE1g8MGQAA'
const BATCH_100 =
  'H4sIAAAAAAACA+3Zu07DMBQGYOfSAG6538pFzJki9TWwyJApC4oSx6iRUrd/4gyRQGKhpU8NTstToOPBn+Vz/Nu7P90PsFBmclkq' +
  '2XKlhwWHk44ZY2+VVlmdF6pu4aaB3alzU+kZvDX8BKNXBKF4ElLNndS31TI3OQ7mtnqY4EjqbrHqIxvdqGjR1abKmybvedYoudSt' +
  'aTppOPi+jetyX8VYsC9MbKJjEwscD3EnCU43OEtwHgpHuC9sssbF38HS9Cv74svUtf3dDFfb7w2uE9yEwttlvOM2juPnHzt2k2AG' +
  '02Jrb2BTW3Zczx8FBEEQBEEQBEEQBEEQBEEQBEH8I3A3fDDcJ3gweCy66BexnJLbERkAAA=='
const META_10 =
  'H4sIAAAAAAACA2tgqi1kSI5Pzk9JTS7mSs0DMbgKGSO4GRgYchKTUnPi8xJzU4sLmSLYwCIlmXmGhcxthSxBhayxhWwZjBEcQPHE' +
  'zKKCnMS81EL2DKAcR1AhZ2KxHgAH+O8dWwAAAA=='
const META_100 =
  'H4sIAAAAAAACA2tgqi1kSI5Pzk9JTS7mSs0DMbgKGSMEGBgY0jLzUuNzEpNSc+LzEnNTiwuZItiAwjmJJZl5hoXMbYUsQYWssYVs' +
  'GYwRrEDxxIKCnNRC9gygBEdQIWdisR4AdSbO910AAAA='

/** Writes small files of CIFAR-10 (classes 3 and 9) and CIFAR-100 (30 and 99) to a folder. */
export function write_cifar(folder: string): void {
  const write = (inner: string, files: Record<string, string>) => {
    mkdirSync(join(folder, inner), { recursive: true })
    for (const [name, data] of Object.entries(files))
      writeFileSync(join(folder, inner, name), gunzipSync(Buffer.from(data, 'base64')))
  }
  const train = Object.fromEntries([1, 2, 3, 4, 5].map((i) => [`data_batch_${i}`, BATCH_10]))
  write('cifar-10-batches-py', { ...train, test_batch: BATCH_10, 'batches.meta': META_10 })
  write('cifar-100-python', { train: BATCH_100, test: BATCH_100, meta: META_100 })
}

/** A file of MNIST's format. */
export function idx(shape: number[], bytes: number[]): Buffer {
  const head = Buffer.alloc(4 + 4 * shape.length)
  head.set([0, 0, 8, shape.length])
  shape.forEach((size, i) => {
    head.writeUInt32BE(size, 4 + 4 * i)
  })
  return Buffer.concat([head, Buffer.from(bytes)])
}

/** Writes four digits of 2 × 3 pixels, 7, 0, 9 and 1, as MNIST's and as FashionMNIST's. */
export function write_mnist(folder: string): void {
  const pixels = Array.from({ length: 4 * 6 }, (_, i) => i * 10)
  for (const name of ['MNIST', 'FashionMNIST']) {
    const raw = join(folder, name, 'raw')
    mkdirSync(raw, { recursive: true })
    writeFileSync(join(raw, 'train-images-idx3-ubyte'), idx([4, 2, 3], pixels))
    writeFileSync(join(raw, 'train-labels-idx1-ubyte'), idx([4], [7, 0, 9, 1]))
  }
}
