import * as torch from 'typetorch'
import { with_keywords } from './values.js'

type Arguments = unknown[]
type Keywords = Record<string, unknown>
type Adapter = (args: Arguments, keywords: Keywords) => unknown

/** A function of torch that may not be there yet. */
function named(path: string): (...args: Arguments) => unknown {
  let found: unknown = torch
  for (const name of path.split('.')) found = (found as Record<string, unknown> | undefined)?.[name]
  if (typeof found !== 'function') throw new Error(`there is no torch.${path}`)
  return found as (...args: Arguments) => unknown
}

function call(path: string, args: Arguments, keywords: Keywords): unknown {
  return named(path)(...with_keywords(args, keywords))
}

const self_of = (args: Arguments): torch.Tensor => args[0] as torch.Tensor
const product = (args: Arguments): torch.Tensor => self_of(args).matmul((args[1] as torch.Tensor).mT)

/** x op self, where x is the argument: Python's reflected operators. */
function reflected(path: string): Adapter {
  return (args, keywords) => call(path, [args[1], args[0], ...args.slice(2)], keywords)
}

/** The first two arguments change places. */
const swapped = reflected

/**
 * Operators that OpInfo, where the cases come from, does not call by their own name or not with the recorded order of
 * arguments; by operator, or by `operator|variant`.
 */
export const adapters: Record<string, Adapter> = {
  __radd__: reflected('add'),
  __rsub__: reflected('sub'),
  __rmul__: reflected('mul'),
  __rdiv__: (args) =>
    self_of(args)
      .reciprocal()
      .mul(args[1] as torch.Tensor),
  __rmod__: reflected('remainder'),
  __rpow__: reflected('pow'),
  __rmatmul__: reflected('matmul'),
  __rand__: reflected('bitwise_and'),
  __ror__: reflected('bitwise_or'),
  __rxor__: reflected('bitwise_xor'),
  __getitem__: (args) => {
    const index = args[1]
    return self_of(args).at(...((Array.isArray(index) ? index : [index]) as torch.IndexItem[]))
  },
  zero_: (args) => torch.zero_(self_of(args).clone()),
  resize_: (args) =>
    self_of(args)
      .clone()
      .resize_(args[1] as number[]),
  resize_as_: (args) => torch.resize_as_(self_of(args).clone(), args[1] as torch.Tensor),
  einsum: ([tensors, equation]) => call('einsum', [equation, tensors], {}),
  polygamma: swapped('polygamma'),
  'special.polygamma': swapped('special.polygamma'),
  'nn.functional.embedding': swapped('nn.functional.embedding'),
  'nn.functional.embedding_bag': swapped('nn.functional.embedding_bag'),
  where: ([self, condition, other], keywords) => call('where', [condition, self, other], keywords),
  'normal|number_mean': swapped('normal'),
  'normal|in_place': (args) => self_of(args).normal_(...(args.slice(1) as [number, number])),
  svd_lowrank: (args, keywords) => call('svd_lowrank', [product(args)], keywords),
  pca_lowrank: (args, keywords) => call('pca_lowrank', [product(args)], keywords),
  // Python's private name for aten's segment_reduce.
  _segment_reduce: (args, keywords) => call('segment_reduce', args, keywords),
  'linalg.pinv|singular': (args) => torch.linalg.pinv(product(args)),
  'linalg.lstsq|grad_oriented': (args, keywords) =>
    (call('linalg.lstsq', args, keywords) as unknown[]).slice(0, 2),
}

/** Operators that OpInfo calls under manual_seed(42). */
export const seeded: ReadonlySet<string> = new Set([
  ...['bernoulli', 'cauchy', 'exponential', 'geometric', 'log_normal', 'multinomial', 'normal', 'uniform'],
  ...['rand', 'rand_like', 'randint', 'randint_like', 'randn', 'randn_like', 'empty_strided', 'item'],
  ...['pca_lowrank', 'svd_lowrank', 'nn.functional.alpha_dropout', 'nn.functional.dropout'],
  ...['nn.functional.dropout2d', 'nn.functional.dropout3d', 'nn.functional.feature_alpha_dropout'],
  ...['nn.functional.fractional_max_pool2d', 'nn.functional.fractional_max_pool3d', 'nn.functional.rrelu'],
  ...['nn.functional.multi_head_attention_forward', 'nn.functional.scaled_dot_product_attention'],
])
