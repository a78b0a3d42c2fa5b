// Calls a TypeScript module 500 times on another thread; run by call_async_typescript.test.ts.
import { nn, no_grad, ones, type Tensor } from 'typetorch'

export class Doubled extends nn.Module {
  override forward(x: Tensor): Tensor {
    return x.mul(2)
  }
}

const is_program = process.argv[1] === new URL(import.meta.url).pathname
const { isMainThread } = await import('node:worker_threads')
if (is_program && isMainThread) {
  const model = new Doubled()
  const x = ones(3)
  const times: number[] = []
  let sum = 0
  for (let i = 0; i < 500; i++) {
    const started = performance.now()
    const y = await no_grad(() => model.call_async(x, { worker_module: import.meta.url }))
    times.push(performance.now() - started)
    sum += y.sum().item() as number
  }
  // Without the thread's start and what V8 compiles first.
  const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!
  console.log(JSON.stringify({ first: median(times.slice(0, 100)), last: median(times.slice(-100)), sum }))
}
