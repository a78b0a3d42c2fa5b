import { is_grad_enabled } from '../../autograd/grad_mode.js'
import { hooked_identity } from '../../autograd/hooks.js'
import { runtime_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import { Tensor } from '../../tensor.js'
import type { Nothing } from '../../utils/hooks.js'
import type { Module } from './module.js'
import type { BackwardHook, BackwardPreHook, Gradients } from './module_hooks.js'

const NO_INPUT_GRADIENT =
  'Full backward hook is firing when gradients are computed with respect to module outputs since no inputs require ' +
  'gradients. See https://docs.pytorch.org/docs/main/generated/torch.nn.Module.html' +
  '#torch.nn.Module.register_full_backward_hook for more details.'

function as_gradients(result: Gradients | Tensor | Nothing): Gradients | null {
  if (result === null || result === undefined) return null
  return result instanceof Tensor ? [result] : result
}

// Not the tensor itself: the hook would keep its memory until backward.
function zeros_as(tensor: Tensor): () => Tensor {
  const { shape, dtype, device } = tensor
  return () => ops.zeros(shape, { dtype, device })
}

function spread(places: readonly number[], values: Gradients, length: number): Gradients {
  const all: Gradients = new Array<Tensor | null>(length).fill(null)
  places.forEach((place, i) => {
    all[place] = values[i] ?? null
  })
  return all
}

/**
 * One call of a module with backward hooks: identity nodes before and after `forward` show the gradients of all outputs,
 * then of all inputs, to the hooks.
 */
export class BackwardHookSetup {
  #grad_outputs: Gradients | null = null
  #input_count = 0
  #input_places: number[] | null = null
  #input_zeros: (() => Tensor)[] = []

  constructor(
    readonly module: Module,
    readonly hooks: readonly BackwardHook[],
    readonly pre_hooks: readonly BackwardPreHook[],
  ) {}

  /** The arguments for `forward`, its tensors behind one node. */
  inputs(args: unknown[]): unknown[] {
    this.#input_count = args.length
    const hooked = this.#hook_tensors(args, (places, gradients) => this.#on_inputs(places, gradients))
    this.#input_places = hooked?.places ?? null
    this.#input_zeros = hooked?.places.map((place) => zeros_as(args[place] as Tensor)) ?? []
    return hooked?.values ?? args
  }

  /** The module's result, its tensors behind one node. */
  outputs(result: unknown): unknown {
    if (!(result instanceof Tensor) && !Array.isArray(result))
      process.emitWarning(
        'For backward hooks to be called, module output should be a Tensor or a tuple of Tensors but received ' +
          (result === null ? 'null' : typeof result),
      )
    const values: unknown[] = Array.isArray(result) ? result : [result]
    const hooked = this.#hook_tensors(values, (places, gradients) =>
      this.#on_outputs(places, gradients, values.length),
    )
    if (!hooked) return result
    return Array.isArray(result) ? named_like(result, hooked.values) : hooked.values[0]
  }

  #hook_tensors(
    values: readonly unknown[],
    on_gradients: (places: number[], gradients: Gradients) => Gradients | null,
  ): { places: number[]; values: unknown[] } | null {
    const places: number[] = []
    values.forEach((value, place) => {
      if (value instanceof Tensor) places.push(place)
    })
    const tensors = places.map((place) => values[place] as Tensor)
    if (!is_grad_enabled() || !tensors.some((tensor) => tensor.requires_grad)) return null
    const hooked = hooked_identity(tensors, (gradients) => on_gradients(places, gradients))
    const replaced = [...values]
    places.forEach((place, i) => {
      replaced[place] = hooked[i]
    })
    return { places, values: replaced }
  }

  // An input that the outputs do not depend on has a gradient of zeros here, as in PyTorch.
  #on_inputs(places: number[], given: Gradients): Gradients | null {
    const grad_outputs = this.#grad_outputs
    const gradients = given.map((gradient, i) => gradient ?? this.#input_zeros[i]!())
    if (grad_outputs === null) return gradients
    let current = spread(places, gradients, this.#input_count)
    for (const hook of this.hooks) {
      const result = as_gradients(hook(this.module, current, grad_outputs))
      if (result === null) continue
      if (result.length !== current.length)
        throw runtime_error(
          `Backward hook returned an invalid number of grad_input, got ${result.length}, but expected ${current.length}`,
        )
      current = result
    }
    this.#grad_outputs = null
    return places.map((place) => current[place] ?? null)
  }

  #on_outputs(places: number[], gradients: Gradients, count: number): Gradients | null {
    let current = spread(places, gradients, count)
    for (const hook of this.pre_hooks) {
      const result = as_gradients(hook(this.module, current))
      if (result === null) continue
      if (result.length !== current.length)
        throw runtime_error(
          'Backward pre hook returned an invalid number of grad_output, ' +
            `got ${result.length}, but expected ${current.length}`,
        )
      current = result
    }
    this.#grad_outputs = current
    if (this.#input_places === null) this.#run_without_inputs(current)
    return places.map((place) => current[place] ?? null)
  }

  // No input requires gradients, so the hooks run now: nothing will come to the inputs.
  #run_without_inputs(grad_outputs: Gradients): void {
    process.emitWarning(NO_INPUT_GRADIENT)
    const grad_inputs: Gradients = new Array<Tensor | null>(this.#input_count).fill(null)
    for (const hook of this.hooks) {
      const result = as_gradients(hook(this.module, grad_inputs, grad_outputs))
      if (result?.some((gradient) => gradient !== null))
        throw runtime_error(
          'Backward hook for Modules where no input requires gradient should always return None or None for all ' +
            'gradients.',
        )
    }
    this.#grad_outputs = null
  }
}

// An array with the fields' names (`values`, `indices`) keeps them.
function named_like(original: unknown[], values: unknown[]): unknown[] {
  for (const [name, value] of Object.entries(original)) {
    const place = original.indexOf(value)
    if (!/^\d+$/.test(name) && place >= 0)
      Object.defineProperty(values, name, { value: values[place], enumerable: true })
  }
  return values
}
