# tensors.mjs in Python.
import torch


def count(shape):
    n = 1
    for s in shape:
        n *= s
    return n


def fill(x, how):
    floats = x.dtype.is_floating_point or x.dtype.is_complex
    return {
        'count': lambda: x,
        'ones': lambda: torch.ones_like(x),
        'small': lambda: x.remainder(3),
        'nan': lambda: torch.full_like(x, float('nan') if floats else 0),
        'negative': lambda: x.neg().sub(1),
        'huge': lambda: torch.full_like(x, 1e38 if floats else 100),
    }[how]()


layouts = {
    'plain': lambda x: x,
    'grad': lambda x: x.requires_grad_(),
    'transposed': lambda x: x if x.ndim < 2 else x.transpose(0, -1).contiguous().transpose(0, -1),
    'sliced': lambda x: torch.cat([x, x], 0).narrow(0, x.shape[0] >> 1, x.shape[0]),
    'expanded': lambda x: torch.ones([], dtype=x.dtype).expand(x.shape),
    'overlapping': lambda x: torch.arange(count(x.shape) + 1).to(x.dtype).as_strided(x.shape, [1] * x.ndim),
    'conj': lambda x: x.conj() if x.is_complex() else x,
    'negated': lambda x: torch.ops.aten._neg_view(x),
    'meta': lambda x: x.to('meta'),
    'sparse': lambda x: x.to_sparse(),
    'csr': lambda x: x.to_sparse_csr(),
    'csc': lambda x: x.to_sparse_csc(),
    'bsr': lambda x: x.to_sparse_bsr([1, 1]),
    'mkldnn': lambda x: x.to_mkldnn(),
    'quantized': lambda x: torch.quantize_per_tensor(x.to(torch.float32), 0.5, 3, torch.quint8),
    'channels': lambda x: torch.quantize_per_channel(
        x.to(torch.float32),
        torch.ones(x.shape[0]),
        torch.zeros([x.shape[0]], dtype=torch.int64),
        0,
        torch.qint8,
    ),
    'nested': lambda x: torch.nested.nested_tensor([x, x]),
}


def inference(x):
    with torch.inference_mode():
        return x.clone()


layouts['inference'] = inference


def t(shape, dtype='float32', how='plain', values='count'):
    kind = getattr(torch, dtype)
    wide = torch.float64 if kind.is_floating_point or kind.is_complex else torch.int64
    x = fill(torch.arange(count(shape), dtype=wide).reshape(shape), values).to(kind)
    try:
        return layouts[how](x)
    except Exception:
        return x


def huge(dtype='float32', *shape):
    return torch.ones([], dtype=getattr(torch, dtype)).expand(shape or [2**40])


def generator():
    return torch.Generator().manual_seed(1)


def then(result, what):
    for x in result if isinstance(result, (list, tuple)) else [result]:
        if isinstance(x, torch.Tensor):
            if what == 'print':
                str(x)
            if what == 'backward' and x.requires_grad:
                x.sum().backward()
            if what == 'clone':
                x.clone()
    return result
