import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import * as torch from 'typetorch'
import { afterAll, describe, expect, it } from 'vitest'
import { WORKLOADS } from '../../bench/typetorch/workloads.js'
import { numbers_hex } from '../diffusion/reference.js'
import { live_torch, run_python } from '../helpers/python.js'

const PYTHON = `
import hashlib, json, struct, sys
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
import torch
from workloads import WORKLOADS
torch.set_num_threads(int(sys.argv[5]))
torch.manual_seed(0)
workload = WORKLOADS[sys.argv[2]](int(sys.argv[3]))
losses = [workload.step() for _ in range(int(sys.argv[4]))]
digests = [hashlib.sha256(t.detach().contiguous().numpy().tobytes()).hexdigest() for t in workload.tensors()]
print(json.dumps({'losses': struct.pack('<%dd' % len(losses), *losses).hex(), 'tensors': digests}))
`
const folder = fileURLToPath(new URL('../../bench/python', import.meta.url))

const digest = (tensor: torch.Tensor) => {
  const { buffer, byteOffset, byteLength } = tensor.detach().contiguous().typed_array({ copy: true })
  return createHash('sha256')
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('hex')
}

const threads_before = torch.get_num_threads()
afterAll(() => torch.set_num_threads(threads_before))

describe.skipIf(live_torch() === null)('fifty steps, bit for bit as a live Python', () => {
  it.each([
    ['mlp', 64, 50, 1],
    ['mlp', 64, 50, 2],
    ['resnet18', 4, 50, 1],
    ['lstm', 4, 50, 1],
    ['lstm', 16, 10, 2],
    ['gpt', 4, 50, 1],
    ['gpt', 8, 10, 2],
    ['unet', 2, 50, 1],
    ['unet', 8, 10, 2],
    ['wgan', 64, 50, 1],
  ] as const)(
    '%s, batches of %d, %d steps, %d threads: losses, weights, optimizer state',
    (name, batch, steps, threads) => {
      const args = [folder, name, String(batch), String(steps), String(threads)]
      const expected = run_python(PYTHON, args) as { losses: string; tensors: string[] }
      torch.set_num_threads(threads)
      torch.manual_seed(0)
      const workload = new WORKLOADS[name]!(batch)
      const losses = Array.from({ length: steps }, () => workload.step())
      expect(numbers_hex(losses)).toBe(expected.losses)
      expect([...workload.tensors()].map(digest)).toEqual(expected.tensors)
    },
    300_000,
  )
})
