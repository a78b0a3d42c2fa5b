import { type_error, type_name } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import { required } from '../../python/parameters.js'
import { callable, signature } from '../../python/signature.js'
import { Tensor } from '../../tensor.js'

function same_device(parameters: readonly Tensor[]): void {
  const place = ({ device }: Tensor) => (device.type === 'cuda' ? String(device) : 'cpu')
  if (parameters.some((parameter) => place(parameter) !== place(parameters[0]!)))
    throw type_error('Found two parameters on different devices, this is currently not supported.')
}

/**
 * All parameters one after another, as one vector.
 *
 * @throws TypeError for parameters on different devices
 *
 * @example
 * ```ts
 * const vector = nn.utils.parameters_to_vector(model.parameters())
 * ```
 *
 * @see torch/nn/utils/convert_parameters.py
 */
export const parameters_to_vector = callable(
  signature('parameters_to_vector', { parameters: required<Iterable<Tensor>>() }),
  (parameters): Tensor => {
    const all = [...parameters]
    same_device(all)
    return ops.cat(all.map((parameter) => parameter.view(-1)))
  },
)

/**
 * Gives parameters the values of a vector; they share its memory afterwards.
 *
 * @throws TypeError for something else than a Tensor, or parameters on different devices
 *
 * @see torch/nn/utils/convert_parameters.py
 */
export const vector_to_parameters = callable(
  signature(
    'vector_to_parameters',
    { vec: required<Tensor>() },
    { parameters: required<Iterable<Tensor>>() },
  ),
  (vec, parameters): void => {
    if (!(vec instanceof Tensor)) throw type_error(`expected torch.Tensor, but got: ${type_name(vec)}`)
    const all = [...parameters]
    same_device(all)
    let place = 0
    for (const parameter of all) {
      const count = parameter.numel()
      parameter.data = vec.narrow(0, place, count).view_as(parameter).data
      place += count
    }
  },
)
