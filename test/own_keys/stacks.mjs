// What errors and places in the program look like under a formatter of stacks that another library has set; run by
// stacks.test.ts, which looks for the lines' numbers in this file.
import * as torch from 'typetorch'

const FORMATTERS = {
  none: undefined,
  text: (error, sites) => `${error.message} @ ${sites.map(String).join(' < ')}`,
  sites: (_error, sites) => sites,
  nothing: () => undefined,
  symbol: () => Symbol('stack'),
  throws: () => {
    throw new Error('from a formatter')
  },
}

const how = process.argv[2]
if (how === 'no limit') delete Error.stackTraceLimit
else Error.prepareStackTrace = FORMATTERS[how]

/** The first line of this file in a text. */
const line_in = (text) => /stacks\.mjs:(\d+)/.exec(String(text))?.[1] ?? String(text)

const found = {}
const x = torch.ones(2, { requires_grad: true })
try {
  x.matmul(torch.ones(3))
} catch (error) {
  found.operator = [typeof error.stack, error.message.split('\n')[0], line_in(error.stack)]
}
try {
  x.sum({ dims: 1 })
} catch (error) {
  found.argument = [typeof error.stack, error.message, line_in(error.stack)]
}
await x
  .mul(2)
  .backward_async()
  .catch((error) => {
    found.background = [typeof error.stack, error.message, line_in(error.stack)]
  })
let kept
torch.scope(() => {
  kept = torch.ones(1)
})
try {
  kept.add(1)
} catch (error) {
  found.scope = line_in(/torch\.scope[^)]*/.exec(error.message)?.[0])
}
torch.trace_memory()
const traced = torch.ones(7)
found.traced = line_in(torch.memory_summary({ by: 'line' }))
torch.trace_memory(false)
found.length = traced.numel()
const warned = []
process.on('warning', ({ message }) => void warned.push(message))
try {
  torch.autograd.detect_anomaly(() => {
    x.mul(-1).sqrt().sum().backward()
  })
} catch (error) {
  found.anomaly = error.message.split('\n')[0]
}
await new Promise((resolve) => setTimeout(resolve, 10))
found.traceback = line_in(warned.find((message) => message.includes('Traceback')))
console.log(JSON.stringify(found))
