import { without_grad } from '../../autograd/grad_mode.js'
import type { DeviceLike } from '../../device.js'
import { DType } from '../../dtype.js'
import { type_error } from '../../errors.js'
import type { MemoryFormat } from '../../layout.js'
import { bool } from '../../python/checks.js'
import { keyword, optional, optional_tensor } from '../../python/parameters.js'
import { signature } from '../../python/signature.js'
import { Tensor } from '../../tensor.js'
import { Parameter } from '../parameter.js'
import { members_of, set_field } from './internals.js'
import type { Module } from './module.js'

/** Keywords of `Module.to`. */
export type ToOptions = {
  device?: DeviceLike | null
  dtype?: DType | null
  /** A tensor whose device and dtype count. */
  tensor?: Tensor | null
  /** Whether the copy may still be under way at return, where the memory allows it. Default: false. */
  non_blocking?: boolean
  /** The memory format of tensors with 4 or 5 dimensions. */
  memory_format?: MemoryFormat | null
}

// A tensor of another kind (on the meta device, say) cannot be put into the old one's place.
function same_kind(old: Tensor, made: Tensor): boolean {
  return (old.device.type === 'meta') === (made.device.type === 'meta')
}

function replace_parameter(module: Module, name: string, param: Parameter, made: Tensor): Parameter {
  if (same_kind(param, made)) {
    param.data = made
    return param
  }
  const replaced = new Parameter(made, param.requires_grad)
  set_field(module, name, replaced)
  return replaced
}

/** Applies a function to a module's own parameters, their gradients, and buffers, and puts the results in their places. */
export function apply_to_tensors(module: Module, fn: (tensor: Tensor) => Tensor): void {
  const members = members_of(module)
  for (const [name, param] of members.parameters) {
    if (param === null) continue
    const grad = param.grad
    const out = replace_parameter(
      module,
      name,
      param,
      without_grad(() => fn(param)),
    )
    if (grad === null) continue
    const made = without_grad(() => fn(grad))
    if (out === param && same_kind(grad, made)) grad.data = made
    else out.grad = made.requires_grad_(grad.requires_grad)
  }
  for (const [name, buffer] of members.buffers) {
    if (buffer === null) continue
    const made = fn(buffer)
    if (made !== buffer) set_field(module, name, made)
  }
}

const DEVICE = { device: optional<DeviceLike | null>(null) } as const
const DTYPE = { dtype: optional<DType | null>(null) } as const
const TENSOR = { tensor: optional_tensor } as const
const NON_BLOCKING = { non_blocking: optional(false, bool) } as const
const MEMORY_FORMAT = { memory_format: keyword<MemoryFormat | null>(null) } as const

// Three parameter lists, by what the first argument is; what a list does not have may be given by keyword.
const BY_DEVICE = signature(
  'to',
  DEVICE,
  DTYPE,
  NON_BLOCKING,
  { tensor: keyword<Tensor | null>(null) },
  MEMORY_FORMAT,
)
const BY_DTYPE = signature(
  'to',
  DTYPE,
  NON_BLOCKING,
  { device: keyword<DeviceLike | null>(null) },
  { tensor: keyword<Tensor | null>(null) },
  MEMORY_FORMAT,
)
const BY_TENSOR = signature(
  'to',
  TENSOR,
  NON_BLOCKING,
  { device: keyword<DeviceLike | null>(null) },
  { dtype: keyword<DType | null>(null) },
  MEMORY_FORMAT,
)

function parse_to(args: unknown[]): Required<ToOptions> {
  const [first] = args
  if (first instanceof DType) return BY_DTYPE.take(args)
  return first instanceof Tensor ? BY_TENSOR.take(args) : BY_DEVICE.take(args)
}

/** What `Module.to` does with each tensor, given its arguments. */
export function converter(args: unknown[]): (tensor: Tensor) => Tensor {
  const given = parse_to(args)
  const device = given.tensor?.device ?? given.device ?? null
  const dtype = given.tensor?.dtype ?? given.dtype ?? null
  if (dtype !== null && !dtype.is_floating_point && !dtype.is_complex)
    throw type_error(
      `nn.Module.to only accepts floating point or complex dtypes, but got desired dtype=${String(dtype)}`,
    )
  const memory_format = given.memory_format ?? null
  return (tensor) =>
    tensor.to({
      ...(device === null ? {} : { device }),
      ...(dtype !== null && (tensor.is_floating_point() || tensor.is_complex()) ? { dtype } : {}),
      ...(memory_format !== null && (tensor.ndim === 4 || tensor.ndim === 5) ? { memory_format } : {}),
      non_blocking: given.non_blocking ?? false,
    })
}

/** Removes gradients, or fills them with zeros. */
export function zero_gradients(parameters: readonly Tensor[], set_to_none: boolean): void {
  for (const parameter of parameters) {
    const grad = parameter.grad
    if (grad === null) continue
    if (set_to_none) {
      parameter.grad = null
      continue
    }
    if (grad.grad_fn !== null) grad.detach_()
    else grad.requires_grad_(false)
    grad.zero_()
  }
}
