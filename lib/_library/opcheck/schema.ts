import { runtime_error } from '../../errors.js'
import { native } from '../../native.js'
import type { Parameter } from '../../ops/schema.js'
import { own_value } from '../../own.js'
import { Tensor } from '../../tensor.js'
import { memory_of, tensors_of } from '../tensors.js'
import { type Call, run, share_a_tensor, share_memory } from './call.js'

/** What a call could change of a tensor. */
interface Before {
  tensor: Tensor
  values: Tensor
  strides: readonly number[]
  memory: number
}

function note(tensor: Tensor): Before {
  return { tensor, values: tensor.detach().clone(), strides: tensor.stride(), memory: memory_of(tensor) }
}

function has_changed({ tensor, values, strides, memory }: Before): boolean {
  const now = tensor.detach()
  const sizes = values.shape
  if (now.shape.length !== sizes.length || now.shape.some((size, i) => size !== sizes[i])) return true
  if (now.stride().some((stride, i) => stride !== strides[i]) || memory_of(now) !== memory) return true
  return !(now.is_quantized ? now.equal(values) : now.allclose(values, { equal_nan: true }))
}

/** By the letters of two arguments or results, as a of `Tensor(a!)`. */
const may_share = (a: readonly string[], b: readonly string[]) =>
  [...a, ...b].includes('*') || a.some((letter) => b.includes(letter))

/**
 * Whether the operator changes and returns what its schema says, and nothing else.
 *
 * @see torch/_subclasses/schema_check_mode.py
 */
export function check_schema(call: Call): void {
  const { overload, args, kwargs } = call
  const { parameters, results } = overload
  const [of_parameters, of_results] = native.alias_sets(overload.name, overload.overload)
  const value_of = ({ name }: Parameter, place: number) =>
    place < args.length ? args[place] : own_value(kwargs, name)
  const given = parameters.map((parameter, i) => tensors_of(value_of(parameter, i)))
  const before = given.map((tensors) =>
    tensors.filter((tensor) => tensor.layout.name === 'strided').map(note),
  )
  const result = native.below_autograd(() => run(call))
  const outputs = results.length === 1 ? [result] : results.length === 0 ? [] : (result as unknown[])
  parameters.forEach((parameter, i) => {
    const name = parameter.name === 'self' ? 'input' : parameter.name
    const argument = value_of(parameter, i)
    outputs.forEach((output, j) => {
      if (share_memory(tensors_of(output), given[i]!) && !may_share(of_parameters[i]!, of_results[j]!))
        throw runtime_error(`Argument ${name} is not defined to alias output but was aliasing`)
      if (parameter.written || !(argument instanceof Tensor) || !(output instanceof Tensor)) return
      if (share_a_tensor([argument], [output]))
        throw runtime_error(
          `Dispatcher operators below autograd are not allowed to directly return inputs.\nHowever, we found that \`outputs[${j}] is ${name}`,
        )
    })
    if (!parameter.written && before[i]!.some(has_changed))
      throw runtime_error(`Argument ${name} is not defined as mutable but was mutated`)
  })
  outputs.forEach((a, i) => {
    for (let j = i + 1; j < outputs.length; j++)
      if (share_memory(tensors_of(a), tensors_of(outputs[j])) && !may_share(of_results[i]!, of_results[j]!))
        throw runtime_error(`Outputs ${i} and ${j} alias unexpectedly`)
  })
}
