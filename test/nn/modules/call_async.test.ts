import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Tensor } from 'typetorch'
import * as torch from 'typetorch'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { native } from '../../../dist/native.js'
import { expect_free_loop } from '../../helpers/event_loop.js'
import { Custom, Scale, Slow } from '../../multiprocessing/jobs.mjs'

const { nn } = torch
const worker_module = new URL('../../multiprocessing/jobs.mjs', import.meta.url)
const network = () =>
  new nn.Sequential(
    new nn.Conv1d(3, 8, 3, { padding: 1 }),
    new nn.BatchNorm1d(8),
    new nn.ReLU(),
    new nn.Dropout(0.5),
    new nn.Flatten(),
    new nn.Linear(32, 2),
  )

const nothing = () => undefined
const hooks_of_all_kinds: ((model: torch.nn.Linear) => { remove(): void })[] = [
  (model) => model.register_forward_pre_hook(nothing),
  (model) => model.register_forward_hook(nothing),
  (model) => model.register_full_backward_pre_hook(nothing),
  (model) => model.register_full_backward_hook(nothing),
  (model) => model.register_backward_hook(nothing),
  (model) => model.register_state_dict_pre_hook(nothing),
  (model) => model.register_state_dict_post_hook(nothing),
  (model) => model.register_load_state_dict_pre_hook(nothing),
  (model) => model.register_load_state_dict_post_hook(nothing),
]

describe('a module called on a thread of ours', () => {
  it('gives what the call gives, to the last bit: values, gradients, buffers, random numbers', async () => {
    for (const autocast of [false, true]) {
      const [here, there] = [network(), network()]
      there.load_state_dict(here.state_dict())
      const [x, y] = [torch.randn(5, 3, 4, { requires_grad: true }), torch.ones(1)]
      const outcome = async (model: torch.nn.Module, call: () => unknown) => {
        torch.manual_seed(4)
        x.grad = null
        const run = async () => (await call()) as Tensor
        const result = autocast ? await torch.autocast('cpu', run) : await run()
        result.float().sum().mul(y).backward()
        return [
          result.dtype.name,
          result.tolist(),
          x.grad!.tolist(),
          Array.from(model.parameters(), (p) => p.grad!.tolist()),
          Array.from(model.buffers(), (b) => b.tolist()),
          torch.rand(3).tolist(),
        ]
      }
      const expected = await outcome(here, () => here(x))
      expect(await outcome(there, () => there.call_async(x))).toEqual(expected)
    }
  })

  it('finds classes in the module given, takes keywords, and returns structures', async () => {
    const model = new Scale()
    const x = torch.ones(2)
    const plain = await model.call_async(x, { worker_module })
    expect(plain.tolist()).toEqual([2, 2])
    torch.manual_seed(1)
    const { value, doubled } = (await model.call_async(x, {
      random: true,
      worker_module,
    } as never)) as never as {
      value: Tensor
      doubled: Tensor[]
    }
    torch.manual_seed(1)
    expect([value.tolist(), doubled[0]!.tolist()]).toEqual([torch.rand(3).tolist(), [2, 2]])
    doubled[0]!.sum().backward()
    expect([model.factor.grad!.item(), model.calls]).toEqual([2, 0])
    await expect(model.call_async(x)).rejects.toThrow("Can't get attribute 'Scale'")
    expectTypeOf((linear: torch.nn.Linear) => linear.call_async(x)).returns.toEqualTypeOf<Promise<Tensor>>()
  })

  it('keeps grad mode, and rejects with what was thrown', async () => {
    const model = new nn.Linear(3, 2)
    expect((await torch.no_grad(() => model.call_async(torch.ones(1, 3)))).requires_grad).toBe(false)
    const error = (await model.call_async(torch.ones(1, 4)).catch((e: unknown) => e)) as Error
    expect(error).toBeInstanceOf(torch.RuntimeError)
    expect(error.message).toBe('mat1 and mat2 shapes cannot be multiplied (1x4 and 3x2)')
  })

  it('leaves the event loop free', async () => {
    const model = new nn.Sequential(...Array.from({ length: 4 }, () => new nn.Linear(1024, 1024)))
    await expect_free_loop(2048, async (rows) => {
      const x = torch.randn(rows, 1024)
      await model.call_async(torch.ones(1, 1024))
      return () => model.call_async(x)
    })
  })

  it('refuses what would race with it', async () => {
    const model = network()
    const x = torch.randn(64, 3, 4)
    const optimizer = new torch.optim.SGD(model.parameters(), { lr: 1 })
    model.forward(x).sum().backward()
    const running = model.call_async(x)
    expect(() => model(x)).toThrow('is in use by call_async(), which is under way: await it first')
    expect(() => optimizer.step()).toThrow('step(): a parameter is in use by call_async()')
    expect(() => x.add_(1)).toThrow("add_(): argument 'input' is in use by call_async()")
    expect(() => model.load_state_dict(network().state_dict())).toThrow(
      'load_state_dict(): the module is in use by call_async(), which is under way: await it first',
    )
    expect(() =>
      nn.utils.parametrize.register_parametrization(model.at(0), 'weight', new nn.Identity()),
    ).toThrow('register_parametrization(): the Conv1d is in use by call_async()')
    expect(() => nn.utils.weight_norm(model.at(5))).toThrow('Linear.weight is in use by call_async()')
    await running
    optimizer.step()
    expect(model.load_state_dict(network().state_dict()).missing_keys).toEqual([])
  })

  it('is shared by several calls, which follow each other, and by those who only read', async () => {
    const [here, there] = [network(), network()]
    there.load_state_dict(here.state_dict())
    const x = torch.randn(4, 3, 4)
    const buffers = (model: torch.nn.Module) => Array.from(model.buffers(), (buffer) => buffer.tolist())
    torch.manual_seed(2)
    const expected = Array.from({ length: 8 }, () => here(x).tolist())
    torch.manual_seed(2)
    const calls = Array.from({ length: 8 }, () => there.call_async(x))
    // What is called is the module as it was then.
    there.eval()
    expect((await Promise.all(calls)).map((y) => y.tolist())).toEqual(expected)
    expect(buffers(there)).toEqual(buffers(here))
    here.eval()
    const reading = there.call_async(x)
    expect(there(x).tolist()).toEqual(here(x).tolist())
    expect((await reading).tolist()).toEqual(here(x).tolist())
    expect(native.parcels_waiting()).toBe(0)
  })

  it('keeps nothing of the modes of the call before', async () => {
    const model = new nn.Linear(3, 2)
    const y = await torch.autocast('cpu', () => model.call_async(torch.ones(1, 3)))
    expect(y.dtype).toBe(torch.bfloat16)
    expect((await model.call_async(torch.ones(1, 3))).dtype).toBe(torch.float32)
  })

  it('refuses a module or a file what its buffers are being written to', async () => {
    const model = network()
    const running_mean = [...model.buffers()].find((buffer) => buffer.is_floating_point())!
    const size = running_mean.shape[0]!
    const layer = new nn.Linear(size, 2)
    const running = model.call_async(torch.randn(64, 3, 4))
    const in_use = 'is in use by call_async(), which is under way: await it first'
    expect(() => torch.nn.functional.linear(running_mean, layer.weight)).toThrow(`argument 'input' ${in_use}`)
    expect(() => layer(running_mean)).toThrow(`linear(): argument 'input' ${in_use}`)
    expect(() => new nn.MSELoss()(running_mean, running_mean)).toThrow(
      `mse_loss(): argument 'input' ${in_use}`,
    )
    expect(() => running_mean.tolist()).toThrow(in_use)
    expect(() => torch.save({ running_mean }, join(tmpdir(), 'in-use.pt'))).toThrow(in_use)
    await running
    expect(layer(running_mean).shape).toEqual([2])
  })

  it('refuses hooks and Functions, which are functions of one thread', async () => {
    const model = new Custom()
    const x = torch.ones(2, { requires_grad: true })
    await expect(model.call_async(x, { worker_module })).rejects.toThrow(
      'a call by call_async() records no hooks and no autograd Functions',
    )
    expect((await torch.no_grad(() => model.call_async(x, { worker_module }))).tolist()).toEqual([3, 3])
    const hooked = new nn.Linear(2, 2)
    hooked.register_forward_hook(() => undefined)
    await expect(hooked.call_async(x)).rejects.toThrow('it has hooks')
    for (const hook of hooks_of_all_kinds) {
      const model = new nn.Linear(2, 2)
      const handle = hook(model)
      await expect(model.call_async(x)).rejects.toThrow('it has hooks')
      handle.remove()
      expect((await model.call_async(torch.ones(1, 2))).shape).toEqual([1, 2])
      const queue = new torch.multiprocessing.Queue()
      await queue.put(model)
      expect(queue.qsize()).toBe(1)
    }
    await expect(
      torch.autograd.graph.saved_tensors_hooks(
        (t) => t,
        (t) => t,
        () => new nn.Linear(2, 2).call_async(x),
      ),
    ).rejects.toThrow('hooks on saved tensors')
  })

  it('is stopped by its AbortSignal, and the next one runs', async () => {
    const x = torch.ones(2)
    const given_up = new AbortController()
    const reason = new Error('no longer wanted')
    const slow = new Slow().call_async(x, { signal: given_up.signal, worker_module })
    const other = new nn.Linear(2, 1)
    const waiting = other.call_async(x)
    setTimeout(() => given_up.abort(reason), 300)
    await expect(slow).rejects.toBe(reason)
    expect((await waiting).tolist()).toEqual(other(x).tolist())
    await expect(other.call_async(x, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    x.add_(1)
  })
})
