import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vision } from 'typetorch'
import { afterAll, expect, it } from 'vitest'
import { live_torch, run_python } from '../helpers/python.js'

const folder = mkdtempSync(join(tmpdir(), 'typetorch-cifar-'))
afterAll(() => rmSync(folder, { recursive: true }))

// Batches in the form of the original ones, of one image each, pickled under protocols that carry bytes differently.
const WRITE = `
import json, pickle, sys, numpy as np
folder = sys.argv[1]
rng = np.random.RandomState(0)
def write(name, value, protocol):
    with open(f'{folder}/{name}', 'wb') as f: pickle.dump(value, f, protocol)
batches = [('data_batch_%d' % i, 2 + i % 2) for i in range(1, 6)] + [('test_batch', 2)]
found = {}
for i, (name, protocol) in enumerate(batches):
    data = rng.randint(0, 256, (2, 3072)).astype(np.uint8)
    write(name, {b'batch_label': b'x', b'labels': [i, 9 - i], b'data': data}, protocol)
    found[name] = data.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1).ravel().tolist()
write('batches.meta', {b'label_names': [b'airplane', b'automobile'], b'num_vis': 3072}, 2)
print(json.dumps(found))
`

it.skipIf(live_torch() === null)('CIFAR10 reads batches that Python pickled', () => {
  const inner = join(folder, 'cifar-10-batches-py')
  mkdirSync(inner)
  const written = run_python(WRITE, [inner]) as Record<string, number[]>
  const train = new vision.datasets.CIFAR10(folder)
  expect(train.length).toBe(10)
  expect(train.targets).toEqual([0, 9, 1, 8, 2, 7, 3, 6, 4, 5])
  expect(train.classes).toEqual(['airplane', 'automobile'])
  const [image, target] = train.at(3)
  expect([image.mode, image.size, target]).toEqual(['RGB', [32, 32], 8])
  expect([...image.data]).toEqual(written['data_batch_2']!.slice(3072))
  const test = new vision.datasets.CIFAR10(folder, { train: false })
  expect([...test.data]).toEqual(written['test_batch'])
  expect(String(test)).toContain('Dataset CIFAR10\n    Number of datapoints: 2')
})

it('says what is missing', () => {
  expect(() => new vision.datasets.CIFAR100('/no/such')).toThrow(
    'Dataset not found: there is no /no/such/cifar-100-python/train, and nothing is downloaded. Its files are at ' +
      'https://www.cs.toronto.edu/~kriz/cifar.html (CIFAR-100 python version)',
  )
})
