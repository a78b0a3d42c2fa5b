import assert from 'node:assert'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import * as chai from 'chai'
import { dequal } from 'dequal'
import { dequal as dequal_lite } from 'dequal/lite'
import fast_deep_equal from 'fast-deep-equal'
import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'

// Unequal values must not pass for equal in any tool that knows nothing of tensors.

const { isEqual, isMatch, isPlainObject } = createRequire(import.meta.url)('lodash') as Record<
  'isEqual' | 'isMatch' | 'isPlainObject',
  (a: unknown, b?: unknown) => boolean
>
const { nn, optim, utils } = torch

/** Whether a check passes; an assertion's refusal is no. */
function passes(check: () => void): boolean {
  try {
    check()
    return true
  } catch {
    return false
  }
}
const partial = (assert as { partialDeepStrictEqual?: (a: unknown, b: unknown) => void })
  .partialDeepStrictEqual

type Tester = (a: unknown, b: unknown) => boolean
const testers: Record<string, Tester> = {
  'assert.deepEqual': (a, b) => passes(() => assert.deepEqual(a, b)),
  'assert.deepStrictEqual': (a, b) => passes(() => assert.deepStrictEqual(a, b)),
  'assert.notDeepEqual': (a, b) => !passes(() => assert.notDeepEqual(a, b)),
  'assert.notDeepStrictEqual': (a, b) => !passes(() => assert.notDeepStrictEqual(a, b)),
  ...(partial && {
    'assert.partialDeepStrictEqual': (a: unknown, b: unknown) => passes(() => partial(a, b)),
  }),
  'util.isDeepStrictEqual': (a, b) => isDeepStrictEqual(a, b),
  "vitest's toEqual": (a, b) => passes(() => expect(a).toEqual(b)),
  "vitest's toStrictEqual": (a, b) => passes(() => expect(a).toStrictEqual(b)),
  "vitest's toMatchObject": (a, b) => passes(() => expect({ a }).toMatchObject({ a: b })),
  "vitest's toContainEqual": (a, b) => passes(() => expect([a]).toContainEqual(b)),
  "vitest's objectContaining": (a, b) =>
    passes(() => expect({ a }).toEqual(expect.objectContaining({ a: b }))),
  "chai's deep.equal": (a, b) => passes(() => chai.expect(a).to.deep.equal(b)),
  "lodash's isEqual": (a, b) => isEqual(a, b),
  "lodash's isMatch": (a, b) => isMatch({ a }, { a: b }),
  'fast-deep-equal': (a, b) => fast_deep_equal(a, b),
  dequal: (a, b) => dequal(a, b),
  'dequal/lite': (a, b) => dequal_lite(a, b),
  'own keys': (a, b) => {
    const [x, y] = [a as object, b as object]
    return (
      Reflect.ownKeys(x).length === Reflect.ownKeys(y).length &&
      Reflect.ownKeys(x).every((key) => Object.is(Reflect.get(x, key), Reflect.get(y, key)))
    )
  },
}

const disposed = () => {
  const x = torch.ones(2)
  x.dispose()
  return x
}
const parameter = (value: number) => new nn.Parameter(torch.full([1], value))
const scaler = (init_scale: number) => new torch.amp.GradScaler('cpu', { init_scale })

const pairs: Record<string, () => [unknown, unknown]> = {
  values: () => [torch.ones(2), torch.zeros(2)],
  'values that print alike': () => [torch.tensor([1.000001]), torch.tensor([1.000002])],
  'one value of many': () => [torch.zeros(5000), torch.zeros(5000).set_at(2500, 1)],
  shapes: () => [torch.ones(2), torch.ones(3, 3)],
  '0-d tensors': () => [torch.tensor(1), torch.tensor(2)],
  'empty shapes': () => [torch.zeros(0), torch.zeros(0, 3)],
  "empty tensors' dtypes": () => [torch.zeros(2, 0), torch.zeros(2, 0, { dtype: torch.int64 })],
  'tensors in objects': () => [{ a: [torch.ones(2)] }, { a: [torch.zeros(2)] }],
  parameters: () => [parameter(1), parameter(2)],
  'sparse tensors': () => [torch.eye(2).to_sparse(), torch.ones(2, 2).to_sparse()],
  'meta tensors': () => [torch.empty(2, { device: 'meta' }), torch.empty(3, { device: 'meta' })],
  'disposed tensors': () => [disposed(), disposed()],
  'a disposed tensor and the next of its handle': () => [disposed(), torch.ones(2)],
  dtypes: () => [torch.float32, torch.float64],
  devices: () => [torch.device('cpu'), torch.device('meta')],
  layouts: () => [torch.strided, torch.sparse_coo],
  'memory formats': () => [torch.contiguous_format, torch.channels_last],
  generators: () => [new torch.Generator().manual_seed(0), new torch.Generator().manual_seed(1)],
  modules: () => [new nn.Linear(1, 1), new nn.Linear(1, 1)],
  'modules without weights': () => [new nn.Dropout(0.1), new nn.Dropout(0.2)],
  'lists of parameters': () => [new nn.ParameterList([parameter(1)]), new nn.ParameterList([parameter(2)])],
  'state dicts': () => [new nn.Linear(1, 1).state_dict(), new nn.Linear(1, 1).state_dict()],
  "optimizers' rates": () => [
    new optim.Adam([parameter(1)], { lr: 1 }),
    new optim.Adam([parameter(1)], { lr: 2 }),
  ],
  "optimizers' parameters": () => [new optim.SGD([parameter(1)]), new optim.SGD([parameter(2)])],
  'complex numbers': () => [new torch.Complex(1, 2), new torch.Complex(1, 3)],
  finfo: () => [torch.finfo(torch.float32), torch.finfo(torch.float64)],
  storages: () => [torch.ones(2).untyped_storage(), torch.zeros(2).untyped_storage()],
  distributions: () => [new torch.distributions.Normal(0, 1), new torch.distributions.Normal(0, 2)],
  transforms: () => [
    new torch.distributions.transforms.AffineTransform(0, 1, { event_dim: 0 }),
    new torch.distributions.transforms.AffineTransform(0, 1, { event_dim: 1 }),
  ],
  datasets: () => [new utils.data.TensorDataset(torch.ones(2)), new utils.data.TensorDataset(torch.zeros(2))],
  loaders: () => [new utils.data.DataLoader([1, 2]), new utils.data.DataLoader([1, 3], { batch_size: 2 })],
  scalers: () => [scaler(2), scaler(4)],
  'packed sequences': () =>
    [1, 2].map((value) => nn.utils.rnn.pack_sequence([torch.full([1], value)])) as [unknown, unknown],
  nodes: () => {
    const x = torch.ones(2, { requires_grad: true })
    return [x.mul(2).grad_fn, x.mul(3).grad_fn]
  },
}

describe.each(Object.keys(testers))('%s', (tester) => {
  it.each(Object.keys(pairs))('does not take different %s for equal', (name) => {
    const [a, b] = pairs[name]!()
    expect(testers[tester]!(a, b)).toBe(false)
  })

  it('takes a tensor for itself', () => {
    const x = torch.ones(2)
    // vitest goes through the elements, of which each is a new object.
    if (!tester.startsWith('vitest')) expect(testers[tester]!(x, x)).toBe(true)
  })
})

describe('a failed comparison', () => {
  it('in vitest without the set-up file says what to import', () => {
    expect(() => expect(torch.ones(2)).toEqual(torch.ones(2))).toThrow(
      'iteration over a 0-d tensor (where a test compares tensors: import typetorch/vitest or typetorch/jest in its ' +
        'set-up, or use torch.testing.assert_close)',
    )
  })
})

describe('what tells objects apart', () => {
  const lib = fileURLToPath(new URL('../../lib', import.meta.url))

  // Their private state never differs where what can be seen of them does not, or no user is handed one.
  const NEEDS_NONE: Record<string, string> = {
    ContextMode: 'inner',
    FunctionCtx: 'lives for one call',
    KeyOrder: 'inner',
    Bar: 'inner',
    Pace: 'inner',
    PackedSequence: 'a private method',
    ProcessContext: 'its processes have identities',
    BackwardHookSetup: 'inner',
    LinearCrossEntropyOptions: 'its private part is a function',
    Adagrad: 'a private method',
    Adam: 'private room for numbers',
    LBFGS: 'its parameters are in param_groups',
    Optimizer: 'a private method',
    SGD: 'a private method',
    SingleTensorOptimizer: 'private room for numbers',
    AveragedModel: 'a module',
    ExpTransform: 'no private state',
    CheckpointArchive: 'inner',
    PickleCursor: 'inner',
    Tuple: 'the same items in another form',
    Pickler: 'inner',
    Reduction: 'inner',
    Unpickler: 'inner',
    Found: 'inner',
    ZipReader: 'inner',
    ZipWriter: 'inner',
    BatchReader: 'inner',
    Checkpoints: 'inner',
    CheckpointFolder: 'inner',
    CSVLogger: "RowLogger's",
    TextLogger: "RowLogger's",
    CodeCache: 'inner',
    Setting: 'inner',
    Budget: 'inner',
    Memo: 'inner',
    Unfinished: 'inner',
    FolderLock: 'inner',
    Running: 'inner',
    Waits: 'inner',
    Optimization: 'inner',
    Place: 'inner',
    Reading: 'inner',
    History: 'inner',
    Means: 'inner',
    Turns: 'inner',
    Frame: 'inner',
    SingleIteration: 'inner',
    WorkerPool: 'inner',
    WorkerIteration: 'inner',
    RemovableHandle: 'its id is public',
    EventFile: 'inner',
    Message: 'inner',
    CIFAR10: 'private methods',
    BasicBlock: 'a module',
    Bottleneck: 'a module',
    ResNet: 'a module',
    ChunkedLoss: 'static',
    Stream: 'its parts are public',
  }

  it('is a field of its own, for each class with private state', () => {
    const missing: string[] = []
    for (const name of readdirSync(lib, { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts') || name.startsWith(path.join('ops', 'generated'))) continue
      const text = readFileSync(path.join(lib, name), 'utf8')
      for (const part of text.split(/^(?=export (?:abstract )?class )/m).slice(1)) {
        const body = part.slice(0, part.search(/^}/m))
        const title = /class (\w+)/.exec(part)![1]!
        if (!/^ {2}(?:readonly )?#\w+/m.test(body) || /^ {2}.*\[IDENTITY\]/m.test(body)) continue
        if (!(title in NEEDS_NONE)) missing.push(`${name}: ${title}`)
      }
    }
    expect(missing).toEqual([])
  })

  it('is no other tensor’s at the time, and another one in each process', () => {
    const alive = Array.from({ length: 1000 }, () => torch.ones(1))
    const gone = Array.from({ length: 1000 }, disposed)
    const keys = [...alive, ...gone].map((x) => (x as unknown as { _identity: unknown })._identity)
    expect(new Set(keys).size).toBe(2000)
    expect(Object.keys(alive[0]!)).toEqual(['_identity', '_uncloneable'])
  })

  it('is not the printed form, which shortens, for any class that prints itself', () => {
    // Their text says all that there is to say, or they are arrays, which are compared item by item.
    const values = new Set([
      'DType',
      'Device',
      'Layout',
      'MemoryFormat',
      'QScheme',
      'Complex',
      'FloatScalar',
      'LinearCrossEntropyOptions',
      'FInfo',
      'IInfo',
      'Size',
      'PackedSequence',
    ])
    const found: string[] = []
    const seen = new Set<unknown>()
    const walk = (space: object, depth: number) => {
      if (seen.has(space) || depth > 4) return
      seen.add(space)
      for (const value of Object.values(space) as unknown[]) {
        if (isPlainObject(value)) walk(value as object, depth + 1)
        const prototype = typeof value === 'function' ? (value.prototype as object | undefined) : undefined
        if (prototype === undefined || typeof prototype !== 'object' || Array.isArray(prototype)) continue
        // Modules are functions, which such tools compare by identity.
        if (
          prototype instanceof Error ||
          value === nn.Module ||
          (value as typeof nn.Module).prototype instanceof nn.Module
        )
          continue
        const { toString: text, valueOf: value_of } = prototype
        if (text === Object.prototype.toString || text === Function.prototype.toString) continue
        if (value_of === Object.prototype.valueOf && !values.has((value as { name: string }).name))
          found.push((value as { name: string }).name)
      }
    }
    walk(torch, 0)
    expect(seen.size).toBeGreaterThan(20)
    expect(found).toEqual([])
  })
})
