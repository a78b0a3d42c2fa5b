import { MessageChannel } from 'node:worker_threads'
import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'
import { child_value } from './child.js'
import { failure } from './failure.js'

const NOT_A_TENSOR =
  "relu(): argument 'input' (position 1) must be Tensor, not Object (a tensor that was posted from another thread arrives as an empty object)"

describe('a tensor posted raw', () => {
  it.each([
    ['a tensor', () => torch.ones(2)],
    ['a parameter', () => new torch.nn.Parameter(torch.ones(2))],
    ['an object with a tensor', () => ({ plain: [torch.ones(2)] })],
  ])('throws DataCloneError with the advice: %s', (_, make) => {
    const { port1 } = new MessageChannel()
    const error = failure(() => port1.postMessage(make()))
    port1.close()
    expect(error.name).toBe('DataCloneError')
    expect(error.message).toContain('send it by torch.multiprocessing')
  })

  it('is refused by operators as the empty object that it arrives as from elsewhere', () => {
    const error = failure(() => torch.relu({} as torch.Tensor))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toBe(NOT_A_TENSOR)
  })
})

describe('worker threads', () => {
  it('have grad modes of their own', async () => {
    const modes = await child_value<boolean[]>(`
      torch.set_grad_enabled(false)
      const worker = start_worker("parentPort.postMessage([torch.is_grad_enabled(), torch.ones([2], { requires_grad: true }).mul(2).requires_grad]); torch.set_grad_enabled(true)")
      const inside = await message(worker)
      await ended(worker)
      console.log(JSON.stringify([...inside, torch.is_grad_enabled()]))
    `)
    expect(modes).toEqual([true, true, false])
  })

  it('have hooks of their own', async () => {
    const grads = await child_value<number[]>(`
      const worker = start_worker("const a = torch.ones([2], { requires_grad: true }); a.register_hook((g) => g.mul(5)); a.mul(2).sum().backward(); parentPort.postMessage(a.grad.tolist())")
      console.log(JSON.stringify(await message(worker)))
    `)
    expect(grads).toEqual([10, 10])
  })

  it('have a default generator of their own: the same seed gives the same numbers, side by side', async () => {
    const body =
      'torch.manual_seed(7); const drawn = []; for (let i = 0; i < 200; i++) { drawn.push(torch.rand(3).sum().item(), torch.randperm(5).at(0).item(), torch.nn.functional.dropout(torch.ones(8)).sum().item()) } parentPort.postMessage(drawn)'
    const answers = await child_value<number[][]>(`
      const workers = [1, 2, 3].map(() => start_worker(${JSON.stringify(body)}))
      torch.manual_seed(7)
      const own = []
      const drawing = (async () => {
        for (let i = 0; i < 200; i++) {
          own.push(torch.rand(3).sum().item(), torch.randperm(5).at(0).item(), torch.nn.functional.dropout(torch.ones(8)).sum().item())
          if (i % 10 === 0) await tick()
        }
      })()
      const drawn = await Promise.all(workers.map(message))
      await drawing
      console.log(JSON.stringify([own, ...drawn]))
    `)
    for (const drawn of answers.slice(1)) expect(drawn).toEqual(answers[0])
  })

  it('compute at the same time', async () => {
    const sums = await child_value<number[]>(`
      const workers = [1, 2, 3].map((k) => start_worker('let x = torch.ones(64, 64); for (let i = 0; i < 300; i++) x = x.mm(torch.eye(64)).add(0); parentPort.postMessage(x.mul(' + k + ').sum().item())'))
      console.log(JSON.stringify(await Promise.all(workers.map(message))))
    `)
    expect(sums).toEqual([4096, 8192, 12288])
  })
})
