// Prints what each error came back as, in a process of its own, where modules are Node's.
import { inspect } from 'node:util'
import { isMainThread } from 'node:worker_threads'
import * as torch from 'typetorch'
import { BadSample, kinds, raise, Throws } from './throwing.mjs'

const worker_module = new URL('./throwing.mjs', import.meta.url).href

function tell(error) {
  if (!(error instanceof Error)) return { thrown: inspect(error) }
  const fields = Object.fromEntries(
    Object.getOwnPropertyNames(error)
      .filter((name) => !['stack', 'message', 'cause'].includes(name))
      .map((name) => [
        name,
        inspect(error[name] instanceof Error ? tell(error[name]) : error[name], {
          breakLength: Infinity,
          depth: 4,
        }),
      ]),
  )
  return {
    classes: ['BadSample', 'TypeError', 'RangeError', 'ValueError', 'AggregateError', 'DOMException'].filter(
      (name) => error instanceof ({ BadSample, ValueError: torch.ValueError }[name] ?? globalThis[name]),
    ),
    name: error.name,
    message: error.message.split('\n')[0],
    stack: /throwing\.mjs:\d+/.test(error.stack),
    ...(Object.keys(fields).length > 0 && { fields }),
    ...(error instanceof BadSample && { advice: error.advice }),
    ...(error.cause !== undefined && { cause: error.cause === error ? 'itself' : tell(error.cause) }),
  }
}

if (isMainThread) {
  const told = {}
  for (const kind of kinds) {
    const loader = new torch.utils.data.DataLoader(new Throws(kind), { num_workers: 1, worker_module })
    const found = {}
    try {
      for (const _ of loader);
    } catch (error) {
      found.loader = tell(error)
    }
    try {
      for await (const _ of loader);
    } catch (error) {
      found.async_loader = tell(error)
    }
    const child = new torch.multiprocessing.Process({ target: raise, args: [kind], worker_module })
    child.start()
    await child.join()
    found.process = tell(child.error)
    told[kind] = found
  }
  console.log(JSON.stringify(told))
}
