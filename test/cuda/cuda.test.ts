import * as torch from 'typetorch'
import { nn } from 'typetorch'
import { describe, expect, it } from 'vitest'
import { live_torch, run_python } from '../helpers/python.js'

const has_gpu = torch.cuda.is_available()
const w = torch.ones([2], { requires_grad: true })

// What ours answers, and the same question in Python.
const questions: [python: string, ours: () => unknown][] = [
  ['torch.cuda.is_available()', () => torch.cuda.is_available()],
  ['torch.cuda.device_count()', () => torch.cuda.device_count()],
  ['torch.cuda.is_initialized()', () => torch.cuda.is_initialized()],
  ['torch.cuda.memory_allocated()', () => torch.cuda.memory_allocated()],
  ['torch.cuda.max_memory_allocated()', () => torch.cuda.max_memory_allocated()],
  ['torch.cuda.memory_reserved()', () => torch.cuda.memory_reserved()],
  ['torch.cuda.max_memory_reserved()', () => torch.cuda.max_memory_reserved()],
  ['torch.cuda.empty_cache()', () => torch.cuda.empty_cache() ?? null],
  ['torch.cuda.manual_seed(3)', () => torch.cuda.manual_seed(3) ?? null],
  ['torch.cuda.manual_seed_all(3)', () => torch.cuda.manual_seed_all(3) ?? null],
  ['torch.cuda.synchronize()', () => torch.cuda.synchronize()],
  ["torch.cuda.synchronize('cpu')", () => torch.cuda.synchronize('cpu')],
  ['torch.cuda.current_device()', () => torch.cuda.current_device()],
  ['torch.cuda.init()', () => torch.cuda.init()],
  ['torch.ones(2).cuda()', () => torch.ones(2).cuda()],
  ["torch.ones(2).to('cuda')", () => torch.ones(2).to('cuda')],
  [
    "torch.ones(2).to(device='cuda:0', dtype=torch.float64)",
    () => torch.ones(2).to({ device: 'cuda:0', dtype: torch.float64 }),
  ],
  ["torch.ones(2, device='cuda')", () => torch.ones(2, { device: 'cuda' })],
  [
    "torch.zeros_like(torch.ones(2), device='cuda')",
    () => torch.zeros_like(torch.ones(2), { device: 'cuda' }),
  ],
  ["torch.tensor([1.0], device='cuda')", () => torch.tensor([1], { device: 'cuda' })],
  ['torch.nn.Linear(2, 2).cuda()', () => new nn.Linear(2, 2).cuda()],
  ["torch.nn.Linear(2, 2, device='cuda')", () => new nn.Linear(2, 2, { device: 'cuda' })],
  ["torch.nn.Linear(2, 2).to('cuda')", () => new nn.Linear(2, 2).to('cuda')],
  ['torch.ones(2).pin_memory()', () => torch.ones(2).pin_memory()],
  ["str(torch.device('cuda', 1))", () => String(torch.device('cuda', 1))],
  ["str(torch.device('cuda:0'))", () => String(torch.device('cuda:0'))],
  ['torch.cuda.get_device_name()', () => torch.cuda.get_device_name()],
  ['torch.cuda.get_device_capability(0)', () => torch.cuda.get_device_capability(0)],
  ['torch.cuda.get_device_properties(0)', () => torch.cuda.get_device_properties(0)],
  ['torch.cuda.mem_get_info()', () => torch.cuda.mem_get_info()],
  ['dict(torch.cuda.memory_stats())', () => torch.cuda.memory_stats()],
  ['dict(torch.cuda.host_memory_stats())', () => torch.cuda.host_memory_stats()],
  ['torch.cuda.memory_cached()', () => torch.cuda.memory_cached()],
  ['torch.cuda.is_bf16_supported()', () => torch.cuda.is_bf16_supported()],
  ['torch.cuda.is_tf32_supported()', () => torch.cuda.is_tf32_supported()],
  ['torch.cuda.get_arch_list()', () => torch.cuda.get_arch_list()],
  ['torch.cuda.get_gencode_flags()', () => torch.cuda.get_gencode_flags()],
  ['torch.cuda.has_half', () => torch.cuda.has_half],
  ['torch.cuda.has_magma', () => torch.cuda.has_magma],
  ['torch.cuda.ipc_collect()', () => torch.cuda.ipc_collect()],
  ['torch.cuda.Stream()', () => new torch.cuda.Stream()],
  ['torch.cuda.Event()', () => new torch.cuda.Event()],
  ['torch.cuda.CUDAGraph()', () => new torch.cuda.CUDAGraph()],
  ['torch.cuda.current_stream()', () => torch.cuda.current_stream()],
  ['torch.cuda.default_stream()', () => torch.cuda.default_stream()],
  ['torch.cuda.set_stream(None)', () => torch.cuda.set_stream(null) ?? null],
  ['torch.cuda.device(0).__enter__()', () => torch.cuda.device(0, () => 1)],
  ['torch.cuda.is_current_stream_capturing()', () => torch.cuda.is_current_stream_capturing()],
  ['torch.cuda.graph_pool_handle()', () => torch.cuda.graph_pool_handle()],
  ['torch.cuda.can_device_access_peer(0, 1)', () => torch.cuda.can_device_access_peer(0, 1)],
  ['torch.cuda.set_sync_debug_mode(1)', () => torch.cuda.set_sync_debug_mode(1)],
  ['torch.cuda.get_sync_debug_mode()', () => torch.cuda.get_sync_debug_mode()],
  ['torch.cuda.set_per_process_memory_fraction(0.5)', () => torch.cuda.set_per_process_memory_fraction(0.5)],
  ['torch.cuda.get_per_process_memory_fraction()', () => torch.cuda.get_per_process_memory_fraction()],
  ['torch.cuda.FloatTensor(2)', () => torch.cuda.FloatTensor(2)],
  ['torch.cuda.seed()', () => torch.cuda.seed() ?? null],
  ['torch.cuda.seed_all()', () => torch.cuda.seed_all() ?? null],
  ['torch.cuda.initial_seed()', () => torch.cuda.initial_seed()],
  ['list(torch.cuda.default_generators)', () => torch.cuda.default_generators],
  ['torch.cuda.get_rng_state()', () => torch.cuda.get_rng_state()],
  ['torch.cuda.get_rng_state_all()', () => torch.cuda.get_rng_state_all()],
  [
    'torch.cuda.set_rng_state(torch.ByteTensor(3))',
    () => torch.cuda.set_rng_state(torch.ByteTensor(3)) ?? null,
  ],
  ['torch.cuda.set_rng_state_all([])', () => torch.cuda.set_rng_state_all([]) ?? null],
  [
    'torch.cuda.OutOfMemoryError is torch.OutOfMemoryError',
    () => torch.cuda.OutOfMemoryError === torch.OutOfMemoryError,
  ],
  ["torch.cuda.set_device('cpu')", () => torch.cuda.set_device('cpu')],
  ['torch.cuda.set_device(-1)', () => torch.cuda.set_device(-1) ?? null],
  ["torch.cuda.device('cpu').__enter__()", () => torch.cuda.device('cpu', () => 1)],
  ["torch.cuda.memory_allocated('cpu')", () => torch.cuda.memory_allocated('cpu')],
  ["torch.cuda.mem_get_info('cpu')", () => torch.cuda.mem_get_info('cpu')],
  ["torch.cuda.reset_peak_memory_stats('cpu')", () => torch.cuda.reset_peak_memory_stats('cpu')],
  ["torch.cuda.synchronize('cpu')", () => torch.cuda.synchronize('cpu')],
  ["torch.accelerator.set_device_index('cpu')", () => torch.accelerator.set_device_index('cpu')],
  ["torch.accelerator.synchronize('cpu')", () => torch.accelerator.synchronize('cpu')],
  ["torch.accelerator.memory_allocated('cpu')", () => torch.accelerator.memory_allocated('cpu')],
  ['torch.accelerator.is_available()', () => torch.accelerator.is_available()],
  ['torch.accelerator.device_count()', () => torch.accelerator.device_count()],
  ['torch.accelerator.current_accelerator()', () => torch.accelerator.current_accelerator()],
  ['torch.accelerator.current_device_index()', () => torch.accelerator.current_device_index()],
  ['torch.accelerator.set_device_index(0)', () => torch.accelerator.set_device_index(0)],
  ['torch.accelerator.set_device_index(None)', () => torch.accelerator.set_device_index(null as never)],
  ['torch.accelerator.device_index(0).__enter__()', () => torch.accelerator.device_index(0, () => 1)],
  [
    'torch.accelerator.device_index(None).__enter__()',
    () => torch.accelerator.device_index(null, () => null),
  ],
  ['torch.accelerator.synchronize()', () => torch.accelerator.synchronize()],
  ['torch.accelerator.empty_cache()', () => torch.accelerator.empty_cache()],
  ['torch.accelerator.memory_allocated()', () => torch.accelerator.memory_allocated()],
  ['torch.accelerator.max_memory_allocated()', () => torch.accelerator.max_memory_allocated()],
  ['torch.accelerator.memory_reserved()', () => torch.accelerator.memory_reserved()],
  ['torch.accelerator.max_memory_reserved()', () => torch.accelerator.max_memory_reserved()],
  ['torch.accelerator.reset_peak_memory_stats()', () => torch.accelerator.reset_peak_memory_stats()],
  ['torch.cpu.is_available()', () => torch.cpu.is_available()],
  ['torch.cpu.device_count()', () => torch.cpu.device_count()],
  ['torch.cpu.current_device()', () => torch.cpu.current_device()],
  ['torch.cpu.is_initialized()', () => torch.cpu.is_initialized()],
  ['torch.cpu.synchronize()', () => torch.cpu.synchronize() ?? null],
  ['torch.cpu.set_device("cpu")', () => torch.cpu.set_device('cpu') ?? null],
  ['torch.cpu.Event().query()', () => new torch.cpu.Event().query()],
  ['torch.cpu.Event().record()', () => new torch.cpu.Event().record() ?? null],
  ['torch.cpu.get_capabilities()["avx512_f"]', () => torch.cpu.get_capabilities().avx512_f],
  ['torch.random.thread_safe_generator()', () => torch.random.thread_safe_generator()],
  [
    "torch.cuda.jiterator._create_jit_fn('template <typename T> T f(T x) { return x; }')(torch.ones(1))",
    () => torch.cuda.jiterator._create_jit_fn('template <typename T> T f(T x) { return x; }')(torch.ones(1)),
  ],
  ['torch.ones(2).is_cuda', () => torch.ones(2).is_cuda],
]

function answer(ask: () => unknown): unknown {
  try {
    return { value: ask() }
  } catch (error) {
    return { error: (error as Error).name, text: (error as Error).message }
  }
}

describe.skipIf(has_gpu)('without a GPU', () => {
  it.skipIf(live_torch() === null)('answers word for word as Python’s CPU build', () => {
    const script = `
import json, torch
def answer(ask):
    try:
        return {'value': ask()}
    except Exception as e:
        return {'error': type(e).__name__, 'text': str(e)}
print(json.dumps([${questions.map(([python]) => `answer(lambda: ${python})`).join(', ')}]))`
    const theirs = run_python(script) as unknown[]
    questions.forEach(([python, ours], i) => {
      expect([python, answer(ours)]).toEqual([python, theirs[i]])
    })
  })

  it('says that it was not compiled with CUDA', () => {
    for (const call of [
      () => w.cuda(),
      () => torch.cuda.synchronize(),
      () => torch.randn(2, { device: 'cuda:3' }),
    ]) {
      expect(call).toThrow(new torch.AssertionError('Torch not compiled with CUDA enabled'))
    }
    expect(w.sum().item()).toBe(2)
  })

  it('runs callbacks that change nothing there', async () => {
    const { Stream, current_stream, stream } = torch.cpu
    const other = new Stream()
    expect(stream(other, () => current_stream() === other)).toBe(true)
    expect(await stream(other, async () => current_stream() === other)).toBe(true)
    expect(() =>
      stream(other, () => {
        throw new Error('inside')
      }),
    ).toThrow('inside')
    expect(current_stream()).not.toBe(other)
    expect(torch.cuda.stream(null, () => 3)).toBe(3)
    expect(torch.cuda.device_of(torch.ones(1), () => 4)).toBe(4)
    expect(torch.cuda.device(null, () => 5)).toBe(5)
  })

  it('summarizes no memory', () => {
    expect(() => torch.cuda.memory_summary()).toThrow(torch.KeyError)
  })

  it('refuses a kernel that is no template', () => {
    expect(() => torch.cuda.jiterator._create_multi_output_jit_fn('void f()', 2)).toThrow(
      "Couldn't parse code, please check correctness:\n void f()",
    )
  })

  it('refuses a generator there', () => {
    expect(() => new torch.Generator('cuda')).toThrow(torch.AssertionError)
  })
})

describe.skipIf(!has_gpu)('with a GPU', () => {
  it('computes what the CPU computes', () => {
    const x = torch.randn(64, 64)
    const there = x.to('cuda')
    expect(there.is_cuda).toBe(true)
    expect(String(there.device)).toBe('cuda:0')
    expect(there.mm(there).cpu().sub(x.mm(x)).abs().max().item()).toBeLessThan(1e-3)
    torch.cuda.synchronize()
    expect(torch.cuda.memory_allocated()).toBeGreaterThan(0)
    expect(torch.cuda.max_memory_allocated()).toBeGreaterThanOrEqual(torch.cuda.memory_allocated())
  })

  it('trains a model', () => {
    torch.manual_seed(0)
    const model = new nn.Linear(8, 1).cuda()
    const optimizer = new torch.optim.Adam(model.parameters(), { lr: 0.05 })
    const [x, y] = [torch.randn([32, 8], { device: 'cuda' }), torch.randn([32, 1], { device: 'cuda' })]
    const losses = Array.from({ length: 50 }, () => {
      optimizer.zero_grad()
      const loss = nn.functional.mse_loss(model(x), y)
      loss.backward()
      optimizer.step()
      return loss.item()
    })
    expect(losses.at(-1)!).toBeLessThan(losses[0]!)
  })

  it('runs hooks, which backward asks for on another thread', () => {
    const x = torch.ones([2], { device: 'cuda', requires_grad: true })
    const y = x.mul(2)
    y.register_hook((gradient) => gradient.mul(5))
    y.sum().backward()
    expect(x.grad?.cpu().tolist()).toEqual([10, 10])
  })

  it('keeps memory bounded in a synchronous loop', () => {
    const x = torch.ones([1 << 20], { device: 'cuda' })
    for (let i = 0; i < 2000; i++) x.add(1).mul(2)
    torch.cuda.synchronize()
    expect(torch.cuda.max_memory_allocated()).toBeLessThan(2 ** 31)
  })

  it('draws from a generator whose state comes and goes', () => {
    torch.cuda.manual_seed(3)
    const state = torch.cuda.get_rng_state()
    const first = torch.randn(5, { device: 'cuda' }).cpu()
    torch.cuda.set_rng_state(state)
    expect(torch.randn(5, { device: 'cuda' }).cpu().equal(first)).toBe(true)
    expect(torch.cuda.initial_seed()).toBe(3n)
    const own = new torch.Generator('cuda').manual_seed(3)
    expect(torch.randn(5, { device: 'cuda', generator: own }).cpu().equal(first)).toBe(true)
    expect(torch.cuda.get_rng_state_all().length).toBe(torch.cuda.device_count())
  })

  it('puts work into streams and measures it', () => {
    const x = torch.ones([1024, 1024], { device: 'cuda' })
    const side = new torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    const [start, end] = [true, true].map((enable_timing) => new torch.cuda.Event({ enable_timing }))
    const y = torch.cuda.stream(side, () => {
      expect(torch.cuda.current_stream().equals(side)).toBe(true)
      start!.record()
      const product = x.mm(x)
      end!.record()
      return product
    })
    expect(torch.cuda.current_stream().equals(torch.cuda.default_stream())).toBe(true)
    torch.cuda.current_stream().wait_stream(side)
    side.synchronize()
    expect(side.query()).toBe(true)
    expect(start!.elapsed_time(end!)).toBeGreaterThan(0)
    expect(y.at(0, 0).item()).toBe(1024)
  })

  it('knows the device', () => {
    const properties = torch.cuda.get_device_properties()
    expect(properties.name).toBe(torch.cuda.get_device_name())
    expect(torch.cuda.get_device_capability()).toEqual([properties.major, properties.minor])
    const [free, total] = torch.cuda.mem_get_info()
    expect(free).toBeLessThanOrEqual(total)
    expect(properties.total_memory).toBe(total)
    if (live_torch() === null) return
    const asked = run_python(
      'import json, torch; p = torch.cuda.get_device_properties(0); print(json.dumps([p.name, p.major, p.minor, p.multi_processor_count, p.warp_size, p.L2_cache_size]))',
    )
    const { name, major, minor, multi_processor_count, warp_size, L2_cache_size } = properties
    expect([name, major, minor, multi_processor_count, warp_size, L2_cache_size]).toEqual(asked)
  })
})
