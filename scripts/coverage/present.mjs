import * as torch from '../../dist/index.js'
import { native } from '../../dist/native.js'
import * as face from '../../dist/ops/generated/face.js'

const operators = new Set(native.operator_names())

/** Where generated functions come from: the table of operators behind each module's names. @type {Record<string, Record<string, string>>} */
const generated = {
  '': face.torch_functions,
  linalg: face.linalg_functions,
  fft: face.fft_functions,
  special: face.special_functions,
  sparse: face.sparse_functions,
  nested: face.nested_functions,
  'nn.functional': face.nn_functions,
}

/** Whether LibTorch has every operator that a generated name tries. @param {string | undefined} facts */
function has_operators(facts) {
  if (facts === undefined) return true
  return facts.split(' ').every((word) => operators.has(`aten::${word.replace('>', '')}`))
}

const samples = [torch.ones(2, 2), torch.complex(torch.ones(1), torch.ones(1))]

/** @param {string} name */
function method_present(name) {
  const property = Object.getOwnPropertyDescriptor(torch.Tensor.prototype, name)
  if (property === undefined) return false
  if (property.get === undefined) return has_operators(face.tensor_methods[name])
  return samples.some((sample) => {
    try {
      property.get?.call(sample)
      return true
    } catch {
      return false
    }
  })
}

/** torch.ops answers by a Proxy, which throws where there is no operator. @param {object} holder @param {string} name */
function read(holder, name) {
  try {
    return /** @type {Record<string, unknown>} */ (holder)[name]
  } catch {
    return undefined
  }
}

/**
 * Whether a name of PyTorch's reaches an implementation here.
 *
 * @param {string} path  torch.linalg.norm, torch.Tensor.add, torch.nn.Module.parameters
 */
export function is_present(path) {
  const names = path.split('.').slice(1)
  if (names[0] === 'Tensor' && names.length === 2) return method_present(/** @type {string} */ (names[1]))
  /** @type {unknown} */
  let found = torch
  for (const name of names) {
    if (found === null || (typeof found !== 'object' && typeof found !== 'function')) return false
    const holder = /** @type {Record<string, unknown> & { prototype?: Record<string, unknown> }} */ (found)
    const value = read(holder, name)
    if (value !== undefined || name in holder) found = value
    else if (typeof found === 'function' && holder.prototype !== undefined && name in holder.prototype)
      return true
    else return false
  }
  if (found === undefined) return false
  const module = names.slice(0, -1).join('.')
  return has_operators(generated[module]?.[/** @type {string} */ (names.at(-1))])
}
