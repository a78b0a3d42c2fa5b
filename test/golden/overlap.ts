import * as torch from 'typetorch'

// Recorded tensors come one by one: that an output was expanded, or lay over an input, is not written down. Where Python
// complains of just that, the ways are tried in which memory may have been shared, given the elements.

const within_output = /^unsupported operation: more than one element of the written-to tensor refers/
const with_input = /^unsupported operation: some elements of the input tensor and the written-to tensor refer/

type Call = { args: unknown[]; keywords: Record<string, unknown> }

/** Whether a complaint is about memory that tensors share. */
export const is_about_memory = (message: string): boolean =>
  within_output.test(message) || with_input.test(message)

/** Where tensors are in a call, and how another one is put there. */
function places(call: Call): { tensor: torch.Tensor; output: boolean; put: (t: torch.Tensor) => Call }[] {
  const found: ReturnType<typeof places> = []
  const look = (value: unknown, output: boolean, put: (value: unknown) => Call): void => {
    if (value instanceof torch.Tensor) found.push({ tensor: value, output, put })
    else if (Array.isArray(value))
      for (const [i, item] of value.entries()) look(item, output, (other) => put(value.with(i, other)))
  }
  for (const [i, value] of call.args.entries())
    look(value, false, (other) => ({ ...call, args: call.args.with(i, other) }))
  for (const [name, value] of Object.entries(call.keywords))
    look(value, name === 'out', (other) => ({ ...call, keywords: { ...call.keywords, [name]: other } }))
  return found
}

const same = (a: torch.Tensor, b: torch.Tensor): boolean =>
  a.dtype === b.dtype && a.shape.join() === b.shape.join() && bytes(a).equals(bytes(b))

function bytes(t: torch.Tensor): Buffer {
  const array = t.typed_array({ copy: true })
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength)
}

/** The tensor with one element for a whole dimension, where all along it are equal. */
function* expanded(t: torch.Tensor): Generator<torch.Tensor> {
  for (const [dim, size] of t.shape.entries()) {
    if (size < 2) continue
    const row = t.narrow(dim, 0, 1)
    if (same(row.expand(t.shape), t)) yield row.clone().expand(t.shape)
  }
}

/** Two tensors over one memory: the same, or one that begins inside the other. */
function* over_one_memory(a: torch.Tensor, b: torch.Tensor): Generator<[torch.Tensor, torch.Tensor]> {
  if (same(a, b)) yield [a, a]
  if (a.dtype !== b.dtype || a.ndim !== 1 || b.ndim !== 1) return
  for (const [first, second, swap] of [
    [a, b, false],
    [b, a, true],
  ] as const) {
    const [m, n] = [first.numel(), second.numel()]
    for (let shift = 0; shift < m; shift++) {
      const shared = Math.min(m - shift, n)
      if (shared === 0 || !same(first.narrow(0, shift, shared), second.narrow(0, 0, shared))) continue
      const memory = torch.cat([first, second.narrow(0, shared, n - shared)])
      const pair = [memory.narrow(0, 0, m), memory.narrow(0, shift, n)] as const
      yield swap ? [pair[1], pair[0]] : [pair[0], pair[1]]
    }
  }
}

/** The calls that share memory as the complaint says, all with the recorded elements. */
export function* with_shared_memory(message: string, make: () => Call): Generator<Call> {
  const call = make()
  const found = places(call)
  // An in-place operator writes to its first argument.
  const outputs = found.some((p) => p.output) ? found.filter((p) => p.output) : found.slice(0, 1)
  for (const output of outputs) {
    if (within_output.test(message)) for (const t of expanded(output.tensor)) yield output.put(t)
    if (!with_input.test(message)) continue
    for (const input of found.filter((p) => p !== output)) {
      for (const [a, b] of over_one_memory(input.tensor, output.tensor)) {
        // The second is put into the call that has the first already.
        const half = places(input.put(a)).find((p) => p.tensor === output.tensor)
        if (half !== undefined) yield half.put(b)
      }
    }
  }
}
