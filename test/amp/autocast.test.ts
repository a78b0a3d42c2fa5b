import { setImmediate as tick } from 'node:timers/promises'
import * as torch from 'typetorch'
import { afterEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { child_value } from '../hazards/child.js'
import { live_torch, run_python } from '../helpers/python.js'

const x = torch.ones(2, 2)
/** What LibTorch does, not only what we believe. */
const product = () => x.mm(x).dtype
const half = torch.float16

afterEach(() => {
  expect(torch.is_autocast_enabled('cpu')).toBe(false)
  expect(product()).toBe(torch.float32)
})

describe('as a call', () => {
  it('casts inside, and returns the callback’s value', () => {
    const value = torch.autocast('cpu', () => [product(), torch.is_autocast_enabled('cpu')] as const)
    expectTypeOf(value).toEqualTypeOf<readonly [torch.dtype, boolean]>()
    expect(value).toEqual([torch.bfloat16, true])
  })

  it('takes arguments by position and by keyword', () => {
    expect(torch.autocast('cpu', { dtype: half }, product)).toBe(half)
    expect(torch.autocast({ device_type: 'cpu', dtype: half }, product)).toBe(half)
    expect(torch.autocast('cpu', half, product)).toBe(half)
    expect(torch.autocast('cpu', null, false, product)).toBe(torch.float32)
    expect(torch.autocast('cpu', half, { enabled: false }, product)).toBe(torch.float32)
    expect(torch.autocast('cpu', half, true, false, torch.is_autocast_cache_enabled)).toBe(false)
    expect(torch.autocast('cpu', { cache_enabled: false }, torch.is_autocast_cache_enabled)).toBe(false)
    expect(torch.is_autocast_cache_enabled()).toBe(true)
    expect(torch.amp.autocast).toBe(torch.autocast)
  })

  it('nests, beside grad modes', () => {
    torch.autocast('cpu', () => {
      torch.autocast('cpu', { enabled: false }, () => expect(product()).toBe(torch.float32))
      expect(product()).toBe(torch.bfloat16)
      torch.no_grad(() => expect(product()).toBe(torch.bfloat16))
      torch.autocast('cpu', half, () => expect(product()).toBe(half))
      expect([product(), torch.is_grad_enabled()]).toEqual([torch.bfloat16, true])
    })
  })

  it('ends with an exception', () => {
    expect(() =>
      torch.autocast('cpu', () => {
        throw new RangeError('inside')
      }),
    ).toThrow(new RangeError('inside'))
  })
})

describe('with using', () => {
  it('until the block ends', () => {
    {
      using guard = torch.autocast('cpu', half)
      expectTypeOf(guard).toEqualTypeOf<torch.ModeGuard>()
      expect(product()).toBe(half)
      {
        using _ = torch.autocast('cpu', { enabled: false })
        expect(product()).toBe(torch.float32)
      }
      expect(product()).toBe(half)
    }
    expect(product()).toBe(torch.float32)
  })

  it('one left open over an await is closed, and reported', async () => {
    expect(
      await child_value(`
        const report = new Promise((take) => process.once('warning', take))
        torch.autocast('cpu')
        const warning = await report
        console.log(JSON.stringify([warning.message, torch.is_autocast_enabled('cpu')]))`),
    ).toEqual([expect.stringContaining("autocast() was opened by 'using' here"), false])
  })
})

describe('as an asynchronous call', () => {
  it('belongs to its asynchronous context', async () => {
    const seen: string[] = []
    const task = async (name: string) => {
      for (let i = 0; i < 5; i++) {
        seen.push(`${name} ${product()}`)
        await tick()
      }
      return name
    }
    const names = await Promise.all([
      torch.autocast('cpu', () => task('bfloat16')),
      task('none'),
      torch.autocast('cpu', half, () => task('float16')),
      torch.no_grad(() => torch.autocast('cpu', () => task('bfloat16'))),
    ])
    expect(names).toEqual(['bfloat16', 'none', 'float16', 'bfloat16'])
    expect(new Set(seen)).toEqual(
      new Set(['bfloat16 torch.bfloat16', 'none torch.float32', 'float16 torch.float16']),
    )
  })

  it('a rejection ends it, and what is left behind is out of it', async () => {
    let later: Promise<torch.dtype> | undefined
    await expect(
      torch.autocast('cpu', async () => {
        later = tick().then(tick).then(tick).then(product)
        await tick()
        throw new RangeError('later')
      }),
    ).rejects.toThrow(new RangeError('later'))
    expect(await later).toBe(torch.float32)
  })

  it('a cast that is kept is never another context’s', async () => {
    const w = torch.ones([2, 2], { requires_grad: true })
    const multiply = async () => {
      const found = new Set<torch.dtype>()
      for (let i = 0; i < 4; i++) {
        found.add(x.mm(w).dtype)
        await tick()
      }
      return [...found]
    }
    expect(
      await Promise.all([torch.autocast('cpu', multiply), torch.autocast('cpu', half, multiply)]),
    ).toEqual([[torch.bfloat16], [half]])
  })

  it('a worker thread has its own', async () => {
    expect(
      await child_value(`
        const worker = start_worker("const x = torch.ones(2, 2); parentPort.postMessage([String(x.mm(x).dtype), torch.autocast('cpu', () => String(x.mm(x).dtype))])")
        const seen = await torch.autocast('cpu', torch.float16, () => message(worker))
        console.log(JSON.stringify(seen))`),
    ).toEqual(['torch.float32', 'torch.bfloat16'])
  })
})

describe('casts of weights', () => {
  const w = torch.ones([2, 2], { requires_grad: true })
  const changed = () => {
    const before = x.mm(w).at(0, 0).item()
    torch.no_grad(() => w.add_(1))
    const after = x.mm(w).at(0, 0).item()
    torch.no_grad(() => w.fill_(1))
    return [before, after]
  }

  it('are kept until the outermost autocast ends', () => {
    expect(torch.autocast('cpu', changed)).toEqual([2, 2])
    expect(torch.autocast('cpu', { cache_enabled: false }, changed)).toEqual([2, 4])
    torch.autocast('cpu', () => {
      x.mm(w)
      torch.autocast('cpu', { enabled: false }, () => undefined)
      expect(changed()).toEqual([2, 2])
      x.mm(w)
      torch.no_grad(() => w.fill_(3))
      torch.clear_autocast_cache()
      expect(x.mm(w).at(0, 0).item()).toBe(6)
      torch.no_grad(() => w.fill_(1))
    })
    torch.autocast('cpu', () => expect(x.mm(w).at(0, 0).item()).toBe(2))
  })
})

describe('inside backward', () => {
  it('a hook is under the autocast of backward’s call, and its changes end with it', () => {
    const w = torch.ones([2, 2], { requires_grad: true })
    const seen: torch.dtype[] = []
    w.register_hook((gradient) => {
      seen.push(product())
      torch.set_autocast_enabled('cpu', true)
      seen.push(product())
      return gradient
    })
    const loss = torch.autocast('cpu', () => x.mm(w).float().sum())
    loss.backward({ retain_graph: true })
    expect(product()).toBe(torch.float32)
    torch.autocast('cpu', half, () => {
      loss.backward()
      expect(product()).toBe(half)
    })
    expect(seen).toEqual([torch.float32, torch.bfloat16, half, half])
  })
})

describe('the state', () => {
  it('is set for good, or until the block ends', () => {
    torch.set_autocast_enabled('cpu', true)
    torch.set_autocast_dtype('cpu', half)
    expect([product(), torch.get_autocast_dtype('cpu')]).toEqual([half, half])
    torch.set_autocast_enabled('cpu', false)
    torch.set_autocast_dtype('cpu', torch.bfloat16)
    torch.autocast('cpu', () => {
      torch.set_autocast_enabled('cpu', false)
      expect(product()).toBe(torch.float32)
    })
    torch.set_autocast_enabled(true)
    expect([torch.is_autocast_enabled(), torch.is_autocast_enabled('cuda')]).toEqual([true, true])
    torch.set_autocast_enabled(false)
    torch.set_autocast_cache_enabled(false)
    expect(torch.is_autocast_cache_enabled()).toBe(false)
    torch.set_autocast_cache_enabled(true)
    expect([
      torch.autocast_increment_nesting(),
      torch.autocast_increment_nesting(),
      torch.autocast_decrement_nesting(),
      torch.autocast_decrement_nesting(),
    ]).toEqual([1, 2, 1, 0])
  })

  it('keeps fused attention away from CUDA’s autocast alone, as PyTorch does', () => {
    const layer = new torch.nn.TransformerEncoderLayer(8, 2, { batch_first: true }).eval()
    const forward = () => torch.no_grad(() => layer(torch.ones(1, 2, 8))).is_contiguous()
    const fused = vi.spyOn(layer as unknown as { _fused: () => unknown }, '_fused')
    forward()
    torch.set_autocast_enabled('cuda', true)
    forward()
    torch.set_autocast_enabled('cuda', false)
    expect(fused).toHaveBeenCalledTimes(1)
  })
})

describe('custom_fwd and custom_bwd', () => {
  it('cast forward’s inputs, and give backward forward’s autocast', () => {
    const ctx: torch.amp.AmpContext = {}
    const seen: unknown[] = []
    const look = (_ctx: object, tensor: torch.Tensor, more: torch.Tensor[]) => {
      seen.push(tensor.dtype, more[0]!.dtype, product())
      return tensor
    }
    const cast = torch.amp.custom_fwd(look, { device_type: 'cpu', cast_inputs: torch.float32 })
    expectTypeOf(cast).returns.toEqualTypeOf<torch.Tensor>()
    const backward = torch.amp.custom_bwd((_ctx: object) => product(), { device_type: 'cpu' })
    const inputs = [x.half(), [x.double()]] as const
    torch.autocast('cpu', () => cast(ctx, inputs[0], [...inputs[1]]))
    expect(seen.splice(0)).toEqual([torch.float32, torch.float64, torch.float32])
    expect([ctx._fwd_used_autocast, backward(ctx)]).toEqual([false, torch.float32])
    const plain = torch.amp.custom_fwd({ device_type: 'cpu' })(look)
    torch.autocast('cpu', half, () => plain(ctx, inputs[0], [...inputs[1]]))
    expect(seen.splice(0)).toEqual([half, torch.float64, half])
    expect([ctx._fwd_used_autocast, backward(ctx)]).toEqual([true, half])
    cast(ctx, inputs[0], [...inputs[1]])
    expect(seen).toEqual([half, torch.float64, torch.float32])
    expect(() => torch.amp.custom_bwd({ device_type: 'cpu' })(() => 1)({})).toThrow(
      "'dict' object has no attribute '_fwd_used_autocast'",
    )
  })
})

/** Python's expression, ours, and whether it warns. */
const words: [python: string, ours: () => unknown][] = [
  ['torch.autocast(3)', () => torch.autocast(3 as never)],
  ['torch.autocast("foo")', () => torch.autocast('foo')],
  ['torch.autocast("meta")', () => torch.autocast('meta')],
  ['torch.autocast("meta", torch.float16)', () => torch.autocast('meta', half)],
  ['torch.autocast()', () => torch.autocast(...([] as unknown as ['cpu']))],
  ['torch.autocast("cuda", dtype=torch.float16)', () => torch.autocast('cuda', half)],
  ['torch.autocast("cpu", torch.float32)', () => torch.autocast('cpu', torch.float32)],
  ['torch.autocast("xpu", torch.int32)', () => torch.autocast('xpu', torch.int32)],
  ['torch.autocast("cpu", "x", False).__enter__()', () => torch.autocast('cpu', 'x' as never, false)],
  ['torch.autocast("cpu", enabled=3).__enter__()', () => torch.autocast('cpu', { enabled: 3 as never })],
  ['torch.autocast("privateuseone")', () => torch.autocast('privateuseone')],
  ['torch.cpu.amp.autocast(False)', () => torch.cpu.amp.autocast(false)],
  ['torch.cuda.amp.autocast(False)', () => torch.cuda.amp.autocast({ enabled: false })],
  ['torch.cpu.amp.GradScaler(enabled=False)', () => new torch.cpu.amp.GradScaler({ enabled: false })],
  [
    'torch.cuda.amp.GradScaler(2.0, enabled=False)',
    () => new torch.cuda.amp.GradScaler(2, { enabled: false }),
  ],
  ['torch.cuda.amp.custom_fwd(len)', () => torch.cuda.amp.custom_fwd(() => 1)],
  ['torch.cuda.amp.custom_bwd(len)', () => torch.cuda.amp.custom_bwd(() => 1)],
  ['torch.amp.custom_fwd(len)', () => torch.amp.custom_fwd(() => 1, undefined as never)],
  ['torch.amp.custom_bwd(device_type=3)', () => torch.amp.custom_bwd({ device_type: 3 as never })],
  ['torch.is_autocast_enabled(3)', () => torch.is_autocast_enabled(3 as never)],
  ['torch.is_autocast_enabled("meta")', () => torch.is_autocast_enabled('meta')],
  ['torch.set_autocast_enabled("cpu", 1)', () => torch.set_autocast_enabled('cpu', 1 as never)],
  ['torch.set_autocast_enabled("cpu")', () => torch.set_autocast_enabled('cpu' as never)],
  ['torch.set_autocast_dtype("cpu", "x")', () => torch.set_autocast_dtype('cpu', 'x' as never)],
  ['torch.get_autocast_dtype()', () => torch.get_autocast_dtype(...([] as unknown as ['cpu']))],
  ['torch.get_autocast_dtype("meta")', () => torch.get_autocast_dtype('meta')],
  ['torch.set_autocast_cache_enabled(3)', () => torch.set_autocast_cache_enabled(3 as never)],
  ['torch.amp.is_autocast_available("foo")', () => torch.amp.is_autocast_available('foo')],
  ['torch.is_autocast_cpu_enabled()', () => torch.is_autocast_cpu_enabled()],
  ['torch.is_autocast_ipu_enabled()', () => torch.is_autocast_ipu_enabled()],
  ['torch.is_autocast_xla_enabled()', () => torch.is_autocast_xla_enabled()],
  ['torch.set_autocast_cpu_enabled(False)', () => torch.set_autocast_cpu_enabled(false)],
  ['torch.set_autocast_ipu_enabled(False)', () => torch.set_autocast_ipu_enabled(false)],
  ['torch.set_autocast_xla_enabled(3)', () => torch.set_autocast_xla_enabled(3 as never)],
  ['torch.get_autocast_cpu_dtype()', () => torch.get_autocast_cpu_dtype()],
  ['torch.get_autocast_gpu_dtype()', () => torch.get_autocast_gpu_dtype()],
  ['torch.get_autocast_ipu_dtype()', () => torch.get_autocast_ipu_dtype()],
  ['torch.get_autocast_xla_dtype()', () => torch.get_autocast_xla_dtype()],
  ['torch.set_autocast_cpu_dtype(3)', () => torch.set_autocast_cpu_dtype(3 as never)],
  ['torch.set_autocast_gpu_dtype()', () => torch.set_autocast_gpu_dtype(...([] as unknown as [torch.dtype]))],
  ['torch.set_autocast_ipu_dtype(torch.float16)', () => torch.set_autocast_ipu_dtype(half)],
  ['torch.set_autocast_xla_dtype(torch.bfloat16)', () => torch.set_autocast_xla_dtype(torch.bfloat16)],
  ...['cpu', 'cuda', 'xla', 'ipu', 'hpu', 'xpu', 'mps', 'mtia', 'maia', 'cuda:0'].map(
    (type): [string, () => unknown] => [
      `str([torch.amp.is_autocast_available("${type}"), torch.is_autocast_enabled("${type}"), torch.get_autocast_dtype("${type}")])`,
      () =>
        `[${torch.amp.is_autocast_available(type) ? 'True' : 'False'}, ${torch.is_autocast_enabled(type) ? 'True' : 'False'}, ${torch.get_autocast_dtype(type)}]`,
    ],
  ),
  ['torch.amp.is_autocast_available("meta")', () => torch.amp.is_autocast_available('meta')],
]

describe.skipIf(live_torch() === null)('words of a live Python', () => {
  const theirs =
    live_torch() === null
      ? []
      : (run_python(
          `
import json, sys, torch, warnings
torch.cuda.is_available = lambda: False
found = []
for expression in json.loads(sys.argv[1]):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter('always')
        try:
            value = eval(expression)
            answer = value if isinstance(value, (bool, str)) else str(value) if isinstance(value, torch.dtype) else None
        except Exception as error:
            answer = [type(error).__name__, str(error)]
    found.append([answer, [[w.category.__name__, str(w.message).split(' (Triggered')[0]] for w in seen]])
print(json.dumps(found))
`,
          [JSON.stringify(words.map(([python]) => python))],
        ) as unknown[])

  it.each(words.map(([python, ours], i) => [python, ours, i] as const))('%s', (_, ours, i) => {
    const seen: unknown[] = []
    const spy = vi
      .spyOn(process, 'emitWarning')
      .mockImplementation((message, category) => void seen.push([category, message]))
    let answer: unknown
    try {
      const value = ours()
      if (typeof value === 'object' && value !== null && Symbol.dispose in value)
        (value as Disposable)[Symbol.dispose]()
      answer =
        typeof value === 'boolean' || typeof value === 'string'
          ? value
          : value instanceof torch.dtype
            ? String(value)
            : null
    } catch (error) {
      answer = [(error as Error).name, (error as Error).message]
    }
    spy.mockRestore()
    expect([answer, seen]).toEqual(theirs[i])
  })
})
