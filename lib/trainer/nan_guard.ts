import { is_promise } from '../callback.js'
import { runtime_error } from '../errors.js'
import type { Module } from '../nn/modules/module.js'
import { register_module_forward_hook } from '../nn/modules/module_hooks.js'
import { isfinite } from '../ops/generated/torch.js'
import { set_rng_state } from '../random.js'
import { is_map, is_plain_object } from '../realm.js'
import { inspect_made } from '../scope.js'
import { raw_handle, Tensor } from '../tensor.js'

/** Whether a tensor holds something that is no finite number. */
function is_bad(tensor: Tensor): boolean {
  if (!tensor.is_floating_point() && !tensor.is_complex()) return false
  if (tensor.is_sparse || tensor.is_meta) return false
  return !isfinite(tensor.detach()).all().item()
}

/** The tensors in a value, with where they stand in it. */
function* tensors_in(value: unknown, where = ''): Generator<[where: string, tensor: Tensor]> {
  if (value instanceof Tensor) yield [where, value]
  else if (Array.isArray(value))
    for (const [i, item] of value.entries()) yield* tensors_in(item, `${where}[${i}]`)
  else if (is_map(value)) for (const [key, item] of value) yield* tensors_in(item, `${where}[${String(key)}]`)
  else if (is_plain_object(value))
    for (const [key, item] of Object.entries(value)) yield* tensors_in(item, `${where}.${key}`)
}

const shape_text = (tensor: Tensor): string => `[${tensor.shape.join(', ')}]`

/** `LogBackward0` is what computes log's gradient. */
function operator_of(tensor: Tensor): string | null {
  return tensor.grad_fn?.name().replace(/Backward\d*$/, '') ?? null
}

/** Where a number that is not finite came from. */
interface Origin {
  module: string | null
  text: string
}

function origin_among(made: readonly Tensor[]): string | null {
  const first = made.find((tensor) => raw_handle(tensor) > 0 && is_bad(tensor))
  if (first === undefined) return null
  const name = operator_of(first)
  return `${name === null ? 'an operator without gradient' : `operator ${name}`} (result of shape ${shape_text(first)})`
}

// Runs the step anew, with the same random numbers, and looks at what each module gave.
function trace(model: Module, rng_state: Tensor, step: () => unknown): Origin {
  set_rng_state(rng_state)
  const names = new Map<Module, string>([...model.named_modules()].map(([name, module]) => [module, name]))
  let module_text: string | null = null
  const handle = register_module_forward_hook((module, _args, output) => {
    if (module_text !== null) return
    for (const [, tensor] of tensors_in(output)) {
      if (!is_bad(tensor)) continue
      const name = names.get(module)
      const path = name === undefined ? '' : name === '' ? ' (the model)' : ` '${name}'`
      module_text = `module${path} ${module.constructor.name}`
      return
    }
  })
  try {
    let later: Promise<unknown> | undefined
    const text = inspect_made(() => {
      const result = step()
      // What an asynchronous step does after its first wait is not seen.
      if (is_promise(result)) later = Promise.resolve(result)
    }, origin_among)
    later?.catch(() => {})
    return { module: module_text, text: text ?? 'an operator that could not be found again' }
  } finally {
    handle.remove()
  }
}

/** Everything about a step whose loss or gradients are not finite. */
export interface BadStep {
  step: number
  epoch: number
  batch_number: number
  batch: unknown
  value: number
  rng_state: Tensor
  rerun: () => unknown
}

function place_of({ step, epoch, batch_number }: BadStep): string {
  return `at step ${step} (epoch ${epoch}, batch ${batch_number})`
}

/** The error of a loss that is not finite: it names the step, the batch, and what gave the first such number. */
export function bad_loss(model: Module, bad: BadStep): Error {
  const head = `Trainer: the loss is ${bad.value} ${place_of(bad)}`
  const parameter = [...model.named_parameters()].find(([, tensor]) => is_bad(tensor))
  if (parameter !== undefined)
    return runtime_error(`${head}: the parameter '${parameter[0]}' holds numbers that are not finite`)
  for (const [where, tensor] of tensors_in(bad.batch))
    if (is_bad(tensor))
      return runtime_error(
        `${head}: the batch${where} of shape ${shape_text(tensor)} holds numbers that are not finite`,
      )
  const { module, text } = trace(model, bad.rng_state, bad.rerun)
  return runtime_error(
    `${head}: the first number that is not finite came from ${text}${module === null ? '' : `, in ${module}`}`,
  )
}

/** The error of gradients that are not finite: it names the step, the batch and the parameters. */
export function bad_gradients(model: Module, bad: BadStep): Error {
  const names = [...model.named_parameters()]
    .filter(([, { grad }]) => grad !== null && is_bad(grad))
    .map(([name]) => `'${name}'`)
  return runtime_error(
    `Trainer: the gradients' norm is ${bad.value} ${place_of(bad)}: the gradients of ${names.join(', ')} are not finite, though the loss is`,
  )
}
