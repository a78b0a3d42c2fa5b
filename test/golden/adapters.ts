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

/** The first two arguments change places. */
function swapped(path: string): Adapter {
  return (args, keywords) => call(path, [args[1], args[0], ...args.slice(2)], keywords)
}

/** A kernel of torch.cuda.jiterator, which OpInfo makes from a text and calls by a name of its own. */
function jitted(inputs: number, outputs: number): Adapter {
  const reads = Array.from({ length: inputs }, (_, i) => `T i${i}`)
  const writes = Array.from({ length: outputs }, (_, i) => `T& out${i}`)
  const { _create_jit_fn, _create_multi_output_jit_fn } = torch.cuda.jiterator
  const kernel =
    outputs === 0
      ? _create_jit_fn(`template <typename T> T kernel(${reads}, T alpha) { return alpha * i0; }`, {
          alpha: 1,
        })
      : _create_multi_output_jit_fn(
          `template <typename T> void kernel(${[...reads, ...writes]}) { out0 = i0; }`,
          outputs,
        )
  return (args, keywords) => (kernel as (...args: Arguments) => unknown)(...with_keywords(args, keywords))
}

/**
 * Operators that OpInfo, where the cases come from, does not call by their own name or not with the recorded order of
 * arguments; by operator, or by `operator|variant`.
 */
export const adapters: Record<string, Adapter> = {
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
  jiterator_unary: jitted(1, 0),
  jiterator_binary: jitted(2, 0),
  jiterator_4inputs_with_extra_args: jitted(4, 0),
  jiterator_binary_return_by_ref: jitted(2, 1),
  jiterator_2inputs_2outputs: jitted(2, 2),
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
