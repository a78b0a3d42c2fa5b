import type { Tensor } from 'typetorch'
import * as torch from 'typetorch'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { child_value } from '../hazards/child.js'
import { echo, fail_at, fill_row, leave, no_more_than, train } from './jobs.mjs'

const { Process, Queue, spawn } = torch.multiprocessing
const worker_module = new URL('./jobs.mjs', import.meta.url)

describe('spawn', () => {
  it('runs a function on threads over the same memory', async () => {
    const x = torch.zeros(3, 2)
    const done = spawn(fill_row, { args: [x, 5], nprocs: 3, worker_module })
    expectTypeOf(done).toEqualTypeOf<Promise<null>>()
    expect(await done).toBeNull()
    expect(x.tolist()).toEqual([
      [5, 5],
      [10, 10],
      [15, 15],
    ])
  })

  it('trains the same parameters on all of them', async () => {
    torch.manual_seed(0)
    const model = new torch.nn.Linear(4, 1)
    const x = torch.randn(64, 4)
    const loss = () => torch.no_grad(() => model(x).sub(x.sum(1, true)).pow(2).mean().item())
    const before = loss()
    await spawn(train, { args: [model, 200], nprocs: 2, worker_module })
    expect(loss()).toBeLessThan(before / 20)
    expect(model.weight.grad).toBeNull()
  })

  it('stops the others where one fails, and says what it threw', async () => {
    const failure = (await spawn(fail_at, { args: [1], nprocs: 2, worker_module }).catch(
      (error: unknown) => error,
    )) as torch.multiprocessing.ProcessRaisedException
    expect(failure).toBeInstanceOf(torch.multiprocessing.ProcessRaisedException)
    expect(failure.message).toContain('-- Process 1 terminated with the following error:\n')
    expect(failure.message).toContain('jobs.mjs')
    expect([failure.error_index, (failure.cause as Error).message]).toEqual([1, 'rank 1 has failed'])
    expect(failure.cause).toBeInstanceOf(torch.ValueError)
  })

  it('says which one ended with another code', async () => {
    const context = await spawn(leave, { args: [3], nprocs: 1, join: false, worker_module })
    await expect(context.join()).rejects.toMatchObject({
      name: 'ProcessExitedException',
      message: 'process 0 terminated with exit code 3',
      exit_code: 3,
    })
  })

  it('refuses what cannot cross', async () => {
    const args: [Tensor, number] = [torch.ones(2, { requires_grad: true }).mul(2), 1]
    await expect(spawn(fill_row, { args, worker_module })).rejects.toThrow(
      'Cowardly refusing to serialize non-leaf tensor which requires_grad',
    )
    const hooked = new torch.nn.Linear(1, 1)
    hooked.register_forward_hook(() => undefined)
    await expect(spawn(train, { args: [hooked, 1], worker_module })).rejects.toThrow(
      'a Linear cannot be sent to a worker thread: it has hooks, which are functions of this thread',
    )
    await expect(spawn('train' as never)).rejects.toThrow("argument 'fn' must be function, not string")
    await expect(spawn(fill_row, { args: [torch.ones(1, 1), 1] })).rejects.toThrow(
      "Can't get attribute 'fill_row'",
    )
  })
})

describe('Process', () => {
  it('starts once, ends with its function, and may be terminated', async () => {
    const x = torch.zeros(1)
    const process = new Process({ target: no_more_than, args: [x], worker_module, name: 'one' })
    expect([process.is_alive(), process.exitcode, process.pid, process.name]).toEqual([
      false,
      null,
      null,
      'one',
    ])
    process.start()
    expect(process.is_alive()).toBe(true)
    expect(() => process.start()).toThrow('cannot start a process twice')
    await process.join()
    expect([process.is_alive(), process.exitcode, x.item()]).toEqual([false, 0, 1])
    const endless = new Process({ target: fail_at, args: [0, 1], worker_module })
    await expect(endless.join()).rejects.toThrow('can only join a started process')
    endless.start()
    await endless.join(0.05)
    expect(endless.is_alive()).toBe(true)
    expect(() => endless.close()).toThrow('Cannot close a process while it is still running')
    endless.terminate()
    await endless.join()
    expect(endless.exitcode).toBe(-15)
  })
})

describe('Queue', () => {
  it('keeps the order, and knows its size', async () => {
    const queue = new Queue(2)
    await queue.put(1)
    queue.put_nowait([2, 'two'])
    expect([queue.qsize(), queue.empty(), queue.full()]).toEqual([2, false, true])
    expect(() => queue.put_nowait(3)).toThrow(torch.multiprocessing.Full)
    await expect(queue.put(3, true, 0.02)).rejects.toThrow(torch.multiprocessing.Full)
    const late = queue.put(3)
    expect(await queue.get()).toBe(1)
    await late
    expect([queue.get_nowait(), await queue.get({ timeout: 5 })]).toEqual([[2, 'two'], 3])
    expect(() => queue.get_nowait()).toThrow(torch.multiprocessing.Empty)
    await expect(queue.get({ timeout: 0.02 })).rejects.toThrow(torch.multiprocessing.Empty)
    await expect(queue.get(false)).rejects.toThrow(torch.multiprocessing.Empty)
    const waiting = queue.get()
    setTimeout(() => queue.close(), 10)
    await expect(waiting).rejects.toThrow('Queue is closed')
    expect(() => queue.put_nowait(1)).toThrow('Queue is closed')
  })

  it('carries tensors over the same memory, and lets lost ones go', async () => {
    const [there, back] = [new Queue(), new Queue()]
    const process = new Process({ target: echo, args: [there, back], worker_module })
    process.start()
    const x = torch.arange(6).reshape(2, 3)
    await there.put({ x, row: x.at(1), half: torch.ones(2, { dtype: torch.bfloat16 }), list: [1n, null] })
    const got = (await back.get()) as { x: Tensor; row: Tensor; half: Tensor; list: unknown[] }
    expect([got.x.data_ptr(), got.row.tolist(), got.half.dtype, got.list]).toEqual([
      x.data_ptr(),
      [3, 4, 5],
      torch.bfloat16,
      [1n, null],
    ])
    got.row.fill_(9)
    expect(x.tolist()).toEqual([
      [0, 1, 2],
      [9, 9, 9],
    ])
    await there.put(null)
    await process.join()
    for (let i = 0; i < 100; i++) there.put_nowait(torch.ones(1000))
    const full = new Queue(1)
    full.put_nowait(x)
    for (let i = 0; i < 100; i++) expect(() => full.put_nowait(x)).toThrow()
    for (const queue of [there, back, full]) queue.close()
    const left = await import('../../dist/native.js')
    expect(left.native.parcels_waiting()).toBe(0)
  })
})

it('share_memory_ only says so: threads see all memory', () => {
  const x = torch.ones(2)
  expect(x.is_shared()).toBe(false)
  expect(x.share_memory_()).toBe(x)
  expect(x.is_shared()).toBe(true)
  // The memory is shared, whichever object looks at it.
  for (const view of [x.view(2, 1), x.at(0), x.detach()]) expect(view.is_shared()).toBe(true)
  expect(x.clone().is_shared()).toBe(false)
  const base = torch.zeros(2, 3)
  base.at(1).share_memory_()
  expect([base.is_shared(), base.untyped_storage().is_shared()]).toEqual([true, true])
  expect(() => torch.eye(2).to_sparse().is_shared()).toThrow('Cannot access storage of SparseTensorImpl')
  const model = new torch.nn.Linear(1, 1)
  expect(model.share_memory()).toBe(model)
  expect(model.weight.is_shared()).toBe(true)
  expect([...torch.multiprocessing.get_all_sharing_strategies()]).toEqual([
    torch.multiprocessing.get_sharing_strategy(),
  ])
  expect(() => torch.multiprocessing.set_sharing_strategy('file_system')).toThrow(
    "'file_system' is not in get_all_sharing_strategies()",
  )
})

it('threads come and go with memory flat', async () => {
  const [first, last] = await child_value<number[]>(
    `
    const { run } = await import(${JSON.stringify(new URL('../../scripts/torture/workers.mjs', import.meta.url).href)})
    console.log(JSON.stringify(await run(torch, 40, 10)))
    `,
    ['--expose-gc'],
  )
  // A thread that left its tensors (4 MB each) or its environment behind would make this hundreds.
  expect(last! - first!).toBeLessThan(48)
})
