import { attribute_error, python_type_name } from '../errors.js'
import {
  add,
  bitwise_and,
  bitwise_left_shift,
  bitwise_or,
  bitwise_right_shift,
  bitwise_xor,
  floor_divide,
  matmul,
  mul,
  pow,
  remainder,
  rsub,
} from '../ops/generated/torch.js'
import type { Scalar } from '../scalar.js'
import { expect_tensor, Tensor } from '../tensor.js'

type Reflected = (other: Tensor | Scalar) => Tensor

/** Python's reflected operators, what `2 - x` calls on `x`: `x.__rsub__(2)`. In TypeScript one writes `torch.sub(2, x)`. */
export interface TensorReflected {
  __radd__: Reflected
  __rsub__: Reflected
  __rmul__: Reflected
  __rdiv__: Reflected
  __rtruediv__: Reflected
  __rfloordiv__: Reflected
  __rmod__: Reflected
  __rpow__: Reflected
  __rmatmul__: (other: Tensor) => Tensor
  __rand__: Reflected
  __ror__: Reflected
  __rxor__: Reflected
  __rlshift__: Reflected
  __rrshift__: Reflected
}

type Function = (first: unknown, second: unknown) => unknown
type Method = (this: unknown, other: unknown) => unknown

function named(name: string, method: Method): [string, Method] {
  Object.defineProperty(method, 'name', { value: name })
  return [name, method]
}

/** A method of PyTorch's C++ class, which refuses to be called on anything else than a tensor. */
const of_class = (name: string, operator: unknown): [string, Method] =>
  named(name, function (other) {
    return (operator as Function)(expect_tensor(this, name, 'self'), other)
  })

/** A method that PyTorch writes in Python as a function with its arguments in the other order. */
const exchanged = (name: string, operator: unknown): [string, Method] =>
  named(name, function (other) {
    return (operator as Function)(other, this)
  })

const divided = (name: string): [string, Method] =>
  named(name, function (other) {
    if (!(this instanceof Tensor))
      throw attribute_error(`'${python_type_name(this)}' object has no attribute 'reciprocal'`)
    return (mul as Function)(this.reciprocal(), other)
  })

/** What lib/tensor/install.ts puts on Tensor.prototype. */
export const reflected_methods: Record<string, unknown> = Object.fromEntries([
  of_class('__radd__', add),
  of_class('__rsub__', rsub),
  of_class('__rmul__', mul),
  of_class('__rand__', bitwise_and),
  of_class('__ror__', bitwise_or),
  of_class('__rxor__', bitwise_xor),
  divided('__rdiv__'),
  divided('__rtruediv__'),
  exchanged('__rfloordiv__', floor_divide),
  exchanged('__rmod__', remainder),
  exchanged('__rpow__', pow),
  exchanged('__rmatmul__', matmul),
  exchanged('__rlshift__', bitwise_left_shift),
  exchanged('__rrshift__', bitwise_right_shift),
])
