"""Asks Python what a number becomes as an element: by value, dtype and way in. Writes number_table.json.gz beside this file."""

import gzip
import json
import os
import warnings

import torch

warnings.simplefilter('ignore')

INTEGERS = [0, 1, -1, 2, 127, 128, -128, -129, 200, 255, 256, -255, -256, -257, 32767, 32768, -32768, -32769, 65535, 65536]
INTEGERS += [-65536, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**32 - 1, 2**32, -(2**32), 2**53 + 1, 2**63 - 1, 2**63]
INTEGERS += [-(2**63), -(2**63) - 1, 2**64 - 1, 2**64, -(2**64), 10**30]
FLOATS = [0.0, -0.0, 0.5, -0.5, 1.5, -1.5, 255.9, 256.0, -1.0, 300.0, 1e9, 3e9, 1e10, 9.2e18, 9.3e18, 1.9e19, 1e300, -1e300]
FLOATS += [65504.0, 65520.0, 1e5, 448.0, 460.0, 480.0, 3.4e38, 3.5e38, float('inf'), float('-inf'), float('nan')]
VALUES = INTEGERS + FLOATS + [1 + 0j, 1 + 2j, complex(1e300, 0), complex(0, float('inf'))] + [True, False]

DTYPES = 'bool uint8 int8 uint16 int16 uint32 int32 uint64 int64 float16 bfloat16 float8_e4m3fn float8_e5m2 '
DTYPES += 'float8_e4m3fnuz float8_e5m2fnuz float8_e8m0fnu float32 float64 complex32 complex64 complex128'
LEGACY = {'float32': 'Float', 'float64': 'Double', 'float16': 'Half', 'bfloat16': 'BFloat16', 'uint8': 'Byte'}
LEGACY |= {'int8': 'Char', 'int16': 'Short', 'int32': 'Int', 'int64': 'Long', 'bool': 'Bool'}


def assign(x, index, value):
    x[index] = value
    return x


def zeros(dtype):
    return torch.zeros(1, dtype=dtype)


def ones(dtype):
    return torch.ones(1, dtype=dtype)


MASK, PLACE = torch.tensor([True]), torch.tensor([0])
WAYS = {
    'tensor': lambda v, d: torch.tensor([v], dtype=d),
    'scalar': lambda v, d: torch.tensor(v, dtype=d),
    'as_tensor': lambda v, d: torch.as_tensor([v], dtype=d),
    'asarray': lambda v, d: torch.asarray([v], dtype=d),
    'legacy': lambda v, d: getattr(torch, LEGACY[str(d)[6:]] + 'Tensor')([v]),
    'new_tensor': lambda v, d: zeros(d).new_tensor([v]),
    'full': lambda v, d: torch.full([1], v, dtype=d),
    'full_like': lambda v, d: torch.full_like(zeros(d), v),
    'new_full': lambda v, d: zeros(d).new_full([1], v),
    'scalar_tensor': lambda v, d: torch.scalar_tensor(v, dtype=d),
    'linspace': lambda v, d: torch.linspace(v, v, 2, dtype=d),
    'fill_': lambda v, d: zeros(d).fill_(v),
    'fill_diagonal_': lambda v, d: zeros(d).reshape(1, 1).fill_diagonal_(v),
    'constant_pad_nd': lambda v, d: torch.constant_pad_nd(zeros(d)[:0], [1, 0], v),
    'set_element': lambda v, d: assign(zeros(d), 0, v),
    'set_slice': lambda v, d: assign(zeros(d), slice(0, 1), v),
    'set_places': lambda v, d: assign(zeros(d), PLACE, v),
    'set_mask': lambda v, d: assign(zeros(d), MASK, v),
    'masked_fill': lambda v, d: zeros(d).masked_fill(MASK, v),
    'masked_fill_': lambda v, d: zeros(d).masked_fill_(MASK, v),
    'index_fill': lambda v, d: zeros(d).index_fill(0, PLACE, v),
    'scatter': lambda v, d: zeros(d).scatter(0, PLACE, v),
    'where': lambda v, d: torch.where(MASK, v, zeros(d)),
    'add': lambda v, d: zeros(d).add(v),
    'add_': lambda v, d: zeros(d).add_(v),
    'sub': lambda v, d: zeros(d).sub(v),
    'mul': lambda v, d: ones(d).mul(v),
    'eq': lambda v, d: zeros(d).eq(v),
    'gt': lambda v, d: zeros(d).gt(v),
    'clamp_min': lambda v, d: zeros(d).clamp(min=v),
    'clamp_max': lambda v, d: zeros(d).clamp(max=v),
    'bitwise_and': lambda v, d: ones(d).bitwise_and(v),
    'remainder': lambda v, d: ones(d).remainder(v),
    'floor_divide': lambda v, d: ones(d).floor_divide(v),
    'pow': lambda v, d: ones(d).pow(v),
    'arange': lambda v, d: torch.arange(v, v + 2, dtype=d) if abs(v) < 1e6 else torch.arange(v, v, dtype=d),
}


def encoded(value):
    if isinstance(value, bool):
        return {'bool': value}
    if isinstance(value, int):
        return {'int': str(value)}
    if isinstance(value, float):
        return {'float': repr(value)}
    return {'complex': [repr(value.real), repr(value.imag)]}


def outcome(way, value, dtype):
    try:
        made = WAYS[way](value, dtype).contiguous().reshape(-1)
    except Exception as error:
        return f'{type(error).__name__}: {str(error).splitlines()[0]}'
    raw = made.to(torch.uint8) if made.dtype == torch.bool else made.view(torch.uint8)
    return f'{str(made.dtype)[6:]} {bytes(raw.tolist()).hex()}'


def place(table, item):
    if item not in table:
        table[item] = len(table)
    return table[item]


outcomes, rows, ways = {}, {}, {}
for way in WAYS:
    ways[way] = {}
    for name in DTYPES.split():
        if way == 'legacy' and name not in LEGACY:
            continue
        dtype = getattr(torch, name)
        row = tuple(place(outcomes, outcome(way, value, dtype)) for value in VALUES)
        ways[way][name] = place(rows, row)

table = {'values': [encoded(value) for value in VALUES], 'outcomes': list(outcomes), 'rows': list(rows), 'ways': ways}
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'number_table.json.gz')
with open(path, 'wb') as file, gzip.GzipFile(fileobj=file, mode='wb', filename='', mtime=0) as packed:
    packed.write(json.dumps(table, separators=(',', ':')).encode())
