// What the calls' texts name: tensors of every sort, and values that are hard to handle. tensors.py says the same in
// Python.

import * as torch from 'typetorch'

const all = { ...torch }
const numel = (shape) => shape.reduce((product, size) => product * size, 1)

const fills = {
  count: (x) => x,
  ones: (x) => torch.ones_like(x),
  small: (x) => x.remainder(3),
  nan: (x) => torch.full_like(x, x.dtype.is_floating_point || x.dtype.is_complex ? NaN : 0),
  negative: (x) => x.neg().sub(1),
  huge: (x) => torch.full_like(x, x.dtype.is_floating_point || x.dtype.is_complex ? 1e38 : 100),
}

function filled(shape, dtype, fill) {
  const wide = dtype.is_floating_point || dtype.is_complex ? torch.float64 : torch.int64
  return fills[fill](torch.arange(numel(shape), { dtype: wide }).reshape(shape)).to(dtype)
}

const layouts = {
  plain: (x) => x,
  grad: (x) => x.requires_grad_(),
  transposed: (x) => (x.ndim < 2 ? x : x.transpose(0, -1).contiguous().transpose(0, -1)),
  sliced: (x) => torch.cat([x, x], 0).narrow(0, x.shape[0] >> 1, x.shape[0]),
  expanded: (x) => torch.ones([], { dtype: x.dtype }).expand(x.shape),
  overlapping: (x) =>
    torch
      .arange(numel(x.shape) + 1)
      .to(x.dtype)
      .as_strided(x.shape, new Array(x.ndim).fill(1)),
  conj: (x) => (x.is_complex() ? x.conj() : x),
  negated: (x) => torch._neg_view?.(x) ?? torch.ops.aten._neg_view(x),
  disposed: (x) => {
    x.dispose()
    return x
  },
  meta: (x) => x.to('meta'),
  sparse: (x) => x.to_sparse(),
  csr: (x) => x.to_sparse_csr(),
  csc: (x) => x.to_sparse_csc(),
  bsr: (x) => x.to_sparse_bsr([1, 1]),
  mkldnn: (x) => x.to_mkldnn(),
  quantized: (x) => torch.quantize_per_tensor(x.to(torch.float32), 0.5, 3, torch.quint8),
  channels: (x) =>
    torch.quantize_per_channel(
      x.to(torch.float32),
      torch.ones(x.shape[0]),
      torch.zeros([x.shape[0]], { dtype: torch.int64 }),
      0,
      torch.qint8,
    ),
  inference: (x) => torch.inference_mode(() => x.clone()),
  nested: (x) => torch.nested.nested_tensor([x, x]),
}

/** A tensor; plain where its dtype or shape does not go with the layout. */
export function t(shape, dtype = 'float32', how = 'plain', fill = 'count') {
  const x = filled(shape, all[dtype], fill)
  try {
    return layouts[how](x)
  } catch {
    return x
  }
}

/** 2^40 elements over one. */
export const huge = (dtype = 'float32', ...shape) =>
  torch.ones([], { dtype: all[dtype] }).expand(shape.length > 0 ? shape : [2 ** 40])

export const generator = () => new torch.Generator().manual_seed(1)

export const hostile = () =>
  new Proxy(
    {},
    {
      get: (_, name) => {
        throw new Error(`${String(name)} was asked for`)
      },
    },
  )

export function cycle() {
  const list = []
  list.push(list)
  return list
}

/** What is done with the result. */
export function then(result, what) {
  const list = Array.isArray(result) ? result : [result]
  for (const x of list.filter((each) => each instanceof torch.Tensor)) {
    if (what === 'print') String(x)
    if (what === 'backward' && x.requires_grad) x.sum().backward()
    if (what === 'clone') x.clone()
  }
  return result
}
