import * as torch from 'typetorch'
import { compare_tensor, compare_tensors, gradients, tensors_in } from '../compare.js'
import type { Case } from '../folder.js'
import {
  type Bytes,
  make_recorded,
  type RecordedTensor,
  revive,
  revive_keywords,
  with_keywords,
} from '../values.js'

type ModuleClass = new (...args: unknown[]) => torch.nn.Module
type RecordedTensors = { [name: string]: RecordedTensor | null }

/** A module: its initial state, its forward, its gradients and the state that is left. */
export function run_module(recorded: Case, memory: Bytes): string | null {
  const name = String(recorded['module'])
  const found_class = (torch.nn as unknown as Record<string, ModuleClass | undefined>)[name]
  if (found_class === undefined) return `there is no nn.${name}`
  const seed = Number(recorded['seed'])
  torch.manual_seed(seed)
  const made = new found_class(
    ...with_keywords(
      revive(recorded['ctor_args']!, memory) as unknown[],
      revive_keywords(recorded['ctor_kwargs'], memory),
    ),
  )
  made.train(recorded['training'] === true)
  const wrong_state = compare_state('state', made, recorded['state'] as never, memory)
  if (wrong_state !== null) return wrong_state

  const leaves: torch.Tensor[] = []
  const args = revive(recorded['args']!, memory, leaves) as unknown[]
  const keywords = revive_keywords(recorded['kwargs'], memory, leaves)
  torch.manual_seed(seed + 1)
  const call = made as unknown as (...args: unknown[]) => unknown
  const outputs = tensors_in(call(...with_keywords(args, keywords)))
  const wrong = compare_tensors('output', outputs, recorded['outputs'] as never as RecordedTensor[], memory)
  if (wrong !== null) return wrong
  if (recorded['cotangents'] !== undefined) {
    const wrong_gradient = compare_module_gradients(made, outputs, leaves, recorded, memory)
    if (wrong_gradient !== null) return wrong_gradient
  }
  return compare_state('state after', made, recorded['state_after'] as never, memory)
}

function compare_module_gradients(
  made: torch.nn.Module,
  outputs: readonly torch.Tensor[],
  leaves: readonly torch.Tensor[],
  recorded: Case,
  memory: Bytes,
): string | null {
  const expected = (recorded['param_grads'] ?? {}) as never as RecordedTensors
  const parameters = [...made.named_parameters()]
  const found = gradients(
    outputs,
    (recorded['cotangents'] as never as RecordedTensor[]).map((item) => make_recorded(item, memory)),
    [...leaves, ...parameters.map(([, parameter]) => parameter)],
  )
  if (typeof found === 'string') return found
  const inputs = (recorded['input_grads'] ?? []) as never as (RecordedTensor | null)[]
  const wrong = compare_input_gradients(found.slice(0, leaves.length), inputs, memory)
  if (wrong !== null) return wrong
  for (const [i, [name]] of parameters.entries()) {
    const wrong = compare_tensor(found[leaves.length + i], expected[name], memory)
    if (wrong !== null) return `gradient of ${name}: ${wrong}`
  }
  return null
}

// An input that OpInfo itself computed (the variance of a Gaussian, by `abs`) has no gradient recorded: where there are
// fewer gradients than inputs, each recorded one must be that of an input, in order.
function compare_input_gradients(
  found: readonly (torch.Tensor | null)[],
  recorded: readonly (RecordedTensor | null)[],
  memory: Bytes,
): string | null {
  const left = [...found]
  const chosen: (torch.Tensor | null)[] = []
  for (const [i, gradient] of recorded.entries()) {
    const spare = left.length - (recorded.length - i)
    const places = Array.from({ length: Math.max(spare, 0) + 1 }, (_, place) => place)
    const place = places.find((p) => compare_tensor(left[p] ?? null, gradient, memory) === null) ?? 0
    chosen.push(left[place] ?? null)
    left.splice(0, place + 1)
  }
  return compare_tensors('input gradient', chosen, recorded, memory)
}

/** A state dict against a recorded one: the same keys in the same order, the same tensors. */
function compare_state(
  what: string,
  made: torch.nn.Module,
  expected: RecordedTensors | undefined,
  memory: Bytes,
): string | null {
  if (expected === undefined) return null
  const state = made.state_dict().items() as [string, torch.Tensor][]
  const [ours, theirs] = [state.map(([key]) => key).join(', '), Object.keys(expected).join(', ')]
  if (ours !== theirs) return `${what} has the keys ${ours}; expected ${theirs}`
  for (const [key, value] of state) {
    const wrong = compare_tensor(value, expected[key], memory)
    if (wrong !== null) return `${what}: ${key}: ${wrong}`
  }
  return null
}
