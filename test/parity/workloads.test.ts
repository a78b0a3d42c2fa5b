import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import * as torch from 'typetorch'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { make_workload, type Sizes, tensors_of } from '../../bench/typetorch/workloads/index.js'
import { numbers_hex } from '../diffusion/reference.js'
import { live_torch, run_python } from '../helpers/python.js'

type Case = [name: string, sizes: Sizes, steps: number, threads: number]

interface Trained {
  losses: string
  tensors: string[]
}

// All in one process, whose import of torch takes longer than most of them.
const PYTHON = `
import hashlib, json, os, struct, sys
# On a busy machine threads that spin while they wait take minutes.
os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import torch
from workloads import WORKLOADS

def digest(tensor):
    return hashlib.sha256(tensor.detach().contiguous().numpy().tobytes()).hexdigest()

def train(name, sizes, steps, threads):
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    workload = WORKLOADS[name](**sizes)
    losses = [workload.step() for _ in range(steps)]
    return {'losses': struct.pack('<%dd' % steps, *losses).hex(), 'tensors': [digest(t) for t in workload.tensors()]}

print(json.dumps([train(*case) for case in json.loads(sys.argv[2])]))
`

// With two threads at sizes where LibTorch divides the work among them.
const CASES: Case[] = [
  ['mlp', {}, 50, 1],
  ['mlp', { batch: 256, width: 512 }, 50, 2],
  ['resnet18', { batch: 2 }, 50, 1],
  ['resnet18', { batch: 8 }, 8, 2],
  ['lstm', { batch: 4, length: 16, width: 64 }, 50, 1],
  ['lstm', { width: 256 }, 50, 2],
  ['lstm_cells', { batch: 4, length: 12, width: 32 }, 50, 1],
  ['lstm_cells', { batch: 32, length: 12, width: 128 }, 50, 2],
  ['gpt', { batch: 4, length: 16 }, 50, 1],
  ['gpt', { length: 64, width: 128 }, 50, 2],
  ['unet', { batch: 2, side: 8, width: 16 }, 50, 1],
  ['unet', { batch: 4 }, 50, 2],
  ['wgan', {}, 50, 1],
  ['wgan', { batch: 256, width: 512 }, 50, 2],
]

function digest(tensor: torch.Tensor): string {
  const { buffer, byteOffset, byteLength } = tensor.detach().contiguous().typed_array({ copy: true })
  return createHash('sha256')
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('hex')
}

function train([name, sizes, steps, threads]: Case): Trained {
  torch.set_num_threads(threads)
  torch.manual_seed(0)
  const workload = make_workload(name, sizes)
  const losses = Array.from({ length: steps }, workload.step)
  return { losses: numbers_hex(losses), tensors: Array.from(tensors_of(workload), digest) }
}

const threads_before = torch.get_num_threads()
afterAll(() => torch.set_num_threads(threads_before))

describe.skipIf(live_torch() === null)('models in training, bit for bit as a live Python', () => {
  const folder = fileURLToPath(new URL('../../bench/python', import.meta.url))
  let theirs: Trained[] = []

  beforeAll(() => {
    theirs = run_python(PYTHON, [folder, JSON.stringify(CASES)]) as Trained[]
  }, 900_000)

  it.each(CASES.map((entry, place) => [...entry, place] as const))(
    '%s %j, %d steps, %d threads: losses, weights, optimizer state',
    (name, sizes, steps, threads, place) => {
      const ours = train([name, sizes, steps, threads])
      expect(ours.tensors.length).toBeGreaterThan(10)
      expect(ours).toEqual(theirs[place])
    },
    300_000,
  )
})
