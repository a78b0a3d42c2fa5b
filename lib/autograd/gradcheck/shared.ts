import { make_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import { py_float } from '../../repr.js'
import { Tensor } from '../../tensor.js'

/** What is checked: a function of the inputs, tensors or not, of one result or several. */
export type Func = (...inputs: never[]) => unknown

/** A call of it with whatever inputs. */
export type Call = (...inputs: unknown[]) => unknown

export const gradcheck_error = (message: string): Error => make_error('GradcheckError', message, 'gradcheck')

/** One result or several, as a list. */
export const as_list = <T>(value: T | readonly T[]): T[] => (Array.isArray(value) ? [...value] : [value as T])

export const is_differentiable = (value: unknown): value is Tensor =>
  value instanceof Tensor && value.requires_grad

export const is_float_or_complex = (value: unknown): value is Tensor =>
  value instanceof Tensor && (value.is_floating_point() || value.is_complex())

export const differentiable_outputs = (value: unknown): Tensor[] =>
  as_list(value as Tensor).filter((output) => output.requires_grad)

/** Zeros of a tensor's shape without memory of their own: of what nothing depends on. */
export const zeros_of = ({ dtype, device, shape }: Tensor): Tensor =>
  ops.zeros([], { dtype, device }).expand(shape)

/** A tensor in a message: a single number as such, as Python's format has it. */
export function text(tensor: Tensor): string {
  if (tensor.dim() !== 0 || tensor.is_complex()) return String(tensor)
  return py_float(tensor.item() as number)
}

/** Whether two tensors are close in the dtype that both fit in. */
export function all_close(a: Tensor, b: Tensor, rtol: number, atol: number): boolean {
  const dtype = ops.promote_types(a.dtype, b.dtype)
  return ops.allclose(a.to(dtype), b.to(dtype), rtol, atol)
}

export const zeros_for = (output: Tensor): Tensor =>
  ops.zeros(output.shape, { dtype: output.dtype, device: output.device })

/** Words for a Jacobian that is not what differences say. */
export function mismatch(
  analytical: Tensor,
  numerical: Tensor,
  output: number,
  input: number,
  part: Part | null,
  forward: boolean,
): string {
  const prefix = part?.indices.includes(forward ? input : output)
    ? `While considering the ${part.imaginary ? 'imaginary' : 'real'} part of complex ${forward ? 'inputs' : 'outputs'} only, `
    : ''
  return `${prefix}Jacobian ${forward ? 'computed with forward mode ' : ''}mismatch for output ${output} with respect to input ${input},\nnumerical:${text(numerical)}\nanalytical:${text(analytical)}\n`
}

/** Which part of which outputs is checked, or in forward mode of which inputs, where some are complex. */
export interface Part {
  indices: readonly number[]
  imaginary: boolean
}
