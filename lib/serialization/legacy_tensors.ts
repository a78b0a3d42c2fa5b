import * as cuda from '../cuda/tensors.js'
import * as dtypes from '../dtype.js'
import { type DType, get_default_dtype } from '../dtype.js'
import { runtime_error } from '../errors.js'
import { sparse_coo } from '../layout.js'
import { operator } from '../ops/operator.js'
import { own_value } from '../own.js'
import { Size } from '../size.js'
import * as sparse from '../sparse.js'
import * as dense from '../tensor/create.js'
import { Tensor } from '../tensor.js'
import { spend } from './budget.js'
import { type Constructor, Storage } from './found.js'
import { rebuild_sparse, rebuild_tensor } from './rebuild.js'

// torch.FloatTensor and its like: classes in Python, of which the first versions of PyTorch made tensors in files.

const DTYPES: Readonly<Record<string, DType>> = {
  FloatTensor: dtypes.float32,
  DoubleTensor: dtypes.float64,
  HalfTensor: dtypes.float16,
  BFloat16Tensor: dtypes.bfloat16,
  ByteTensor: dtypes.uint8,
  CharTensor: dtypes.int8,
  ShortTensor: dtypes.int16,
  IntTensor: dtypes.int32,
  LongTensor: dtypes.int64,
  BoolTensor: dtypes.bool,
}

type Arguments = readonly unknown[]

const aten_zeros = operator('aten::zeros')
const aten_empty_sparse = operator('aten::sparse_coo_tensor.size')

function sizes_of(args: Arguments): number[] | null {
  const is_size = args.length === 1 && Object.getPrototypeOf(args[0]) === Size.prototype
  const sizes: Arguments = is_size ? [...(args[0] as number[])] : args
  if (!sizes.every((size) => Number.isSafeInteger(size))) return null
  return sizes.length === 0 ? [0] : ([...sizes] as number[])
}

/** A tensor from sizes, from a storage, or from numbers. */
function make_dense(dtype: DType, device: 'cpu' | 'cuda', args: Arguments): Tensor {
  const [first] = args
  if (first instanceof Storage) {
    if (first.dtype !== dtype) throw runtime_error(`a tensor of ${dtype} is over a storage of ${first.dtype}`)
    return rebuild_tensor([first, 0, [Math.floor(first.bytes.numel() / dtype.itemsize)], [1]])
  }
  spend('tensors')
  const sizes = sizes_of(args)
  if (sizes !== null) {
    spend('bytes', Math.abs(sizes.reduce((product, size) => product * size, dtype.itemsize)))
    // Memory that nobody has written holds what the process had there.
    return aten_zeros(sizes, { dtype, device })
  }
  if (Array.isArray(first)) return dense.make_tensor(first as number[], { dtype, device })
  throw runtime_error('a tensor must be made of sizes, a storage or numbers')
}

// What a file says of indices is checked: LibTorch believes it.
function make_sparse(dtype: DType, args: Arguments): Tensor {
  const [indices, values, size] = args
  const sizes = sizes_of(args)
  if (sizes !== null) return aten_empty_sparse(sizes, { dtype })
  if (!(indices instanceof Tensor) || !Array.isArray(size))
    throw runtime_error('a sparse tensor must be made of indices, values and sizes')
  return rebuild_sparse([sparse_coo, [indices, values, [...(size as unknown[])], false]])
}

function classes_of(name: string): [string, Constructor][] {
  const dtype = own_value(DTYPES, name)!
  const value = (module: object) => own_value(module as Readonly<Record<string, unknown>>, name)
  const found: [string, Constructor][] = [
    [`torch.${name}`, { call: (args) => make_dense(dtype, 'cpu', args), value: value(dense) }],
    [`torch.cuda.${name}`, { call: (args) => make_dense(dtype, 'cuda', args), value: value(cuda) }],
  ]
  // PyTorch has no sparse BoolTensor.
  if (value(sparse) === undefined) return found
  return [
    ...found,
    [`torch.sparse.${name}`, { call: (args) => make_sparse(dtype, args), value: value(sparse) }],
    [`torch.cuda.sparse.${name}`, { call: (args) => make_sparse(dtype, args) }],
  ]
}

/** The classes of tensors by their names, `torch.Tensor` to `torch.cuda.sparse.FloatTensor`. */
export const LEGACY_TENSORS: readonly (readonly [path: string, made: Constructor])[] = [
  ['torch.Tensor', { call: (args) => make_dense(get_default_dtype(), 'cpu', args), value: Tensor }],
  ...Object.keys(DTYPES).flatMap(classes_of),
]
