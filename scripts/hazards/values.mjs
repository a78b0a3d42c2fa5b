// Random arguments, each as its text in both languages; `py` is null where Python has no such value.

const same = (text) => ({ js: text, py: text })
const only = (js) => ({ js, py: null })
const text = (value) => ({ js: JSON.stringify(value), py: JSON.stringify(value) })
const list = (items) => ({
  js: `[${items.map((item) => item.js).join(', ')}]`,
  py: items.some((item) => item.py === null) ? null : `[${items.map((item) => item.py).join(', ')}]`,
})

const NULL = { js: 'null', py: 'None' }
const dtypes = [
  [8, 'float32'],
  [3, 'float64'],
  [4, 'int64'],
  [2, 'int32'],
  [2, 'bool'],
  [2, 'complex64'],
  [1, 'complex128'],
  [1, 'float16'],
  [1, 'bfloat16'],
  [1, 'uint8'],
  [1, 'int8'],
  [1, 'int16'],
  [0.5, 'uint16'],
  [0.5, 'uint32'],
  [0.5, 'uint64'],
  [0.5, 'float8_e4m3fn'],
  [0.5, 'float8_e5m2'],
]
const hows = [
  [30, 'plain'],
  [6, 'grad'],
  [4, 'transposed'],
  [2, 'sliced'],
  [3, 'expanded'],
  [3, 'overlapping'],
  [1, 'conj'],
  [1, 'negated'],
  [2, 'disposed'],
  [3, 'meta'],
  [3, 'sparse'],
  [2, 'csr'],
  [0.7, 'csc'],
  [0.7, 'bsr'],
  [1, 'mkldnn'],
  [2, 'quantized'],
  [1, 'channels'],
  [1, 'inference'],
  [0.7, 'nested'],
]
const fills = [
  [10, 'count'],
  [4, 'small'],
  [4, 'ones'],
  [1.5, 'nan'],
  [2, 'negative'],
  [1, 'huge'],
]
const whole = [
  [6, '0'],
  [8, '1'],
  [6, '2'],
  [3, '3'],
  [3, '-1'],
  [1, '-2'],
  [1, '7'],
  [0.5, '-100'],
  [0.5, '2 ** 31'],
  [0.3, '2 ** 40'],
]
const extreme = [
  { js: '2n ** 60n', py: '2 ** 60' },
  { js: '2n ** 63n - 1n', py: '2 ** 63 - 1' },
  { js: '-(2n ** 63n)', py: '-(2 ** 63)' },
  { js: '2n ** 62n + 1n', py: '2 ** 62 + 1' },
  { js: '-(2 ** 53)', py: '-(2 ** 53)' },
]
const fractions = ['0', '0.5', '1', '-1', '2.5', '1e-300', '1e300', '-0.1']
const words = [
  'mean', 'sum', 'none', 'constant', 'reflect', 'replicate', 'circular', 'bilinear', 'nearest', 'linear',
  'bicubic', 'area', 'tanh', 'ij', 'fro', 'nuc', 'ortho', 'forward', 'backward', 'trunc', 'floor', 'max',
  'sum', 'amax', 'amin', 'prod', 'left', 'right', 'reduced', 'complete', 'gels', 'gelsd', 'cpu', '', 'é\u0000x',
  'x'.repeat(300),
] // biome-ignore format: a list of words

export function shape(dice, rank) {
  const sizes = [
    [2, 0],
    [5, 1],
    [7, 2],
    [7, 3],
    [3, 4],
    [0.5, 17],
  ]
  return Array.from({ length: rank ?? dice.weighted([[2, 0], [5, 1], [7, 2], [5, 3], [5, 4], [1, 5]]) }, () =>
    dice.weighted(sizes),
  ) // biome-ignore format: rows of weights
}

function tensor(dice, context) {
  if (dice.chance(0.012))
    return same(
      dice.pick(["huge('float32')", "huge('int64')", "huge('float32', 2 ** 20, 2 ** 20)", "huge('bool')"]),
    )
  const own = dice.chance(0.3) ? shape(dice) : context.shape
  const dtype = dice.chance(0.25) ? dice.weighted(dtypes) : context.dtype
  const how = dice.weighted(hows)
  const made = `t([${own.join(', ')}], '${dtype}', '${how}', '${dice.weighted(fills)}')`
  return how === 'disposed' ? only(made) : same(made)
}

const integer = (dice) => (dice.chance(0.04) ? dice.pick(extreme) : same(dice.weighted(whole)))
const float = (dice) =>
  dice.chance(0.1)
    ? dice.pick([
        { js: 'NaN', py: "float('nan')" },
        { js: '-Infinity', py: "float('-inf')" },
      ])
    : same(dice.pick(fractions))
const many = (dice, each, length = dice.weighted([[1, 0], [4, 1], [6, 2], [4, 3], [2, 4], [0.5, 6]])) =>
  list(Array.from({ length }, () => each(dice))) // biome-ignore format: rows of weights
const member = (names) => (dice) => {
  const name = dice.pick(names)
  return same(`torch.${name}`)
}
const bool = (dice) => (dice.chance(0.5) ? { js: 'true', py: 'True' } : { js: 'false', py: 'False' })
const complex = { js: 'torch.complex_scalar(1, -2)', py: 'complex(1, -2)' }

const makers = {
  Tensor: tensor,
  'Tensor[]': (dice, context) => many(dice, () => tensor(dice, context)),
  'Tensor?[]': (dice, context) => many(dice, () => (dice.chance(0.2) ? NULL : tensor(dice, context))),
  int: integer,
  'int[]': (dice, _, parameter) =>
    dice.chance(0.15) ? integer(dice) : many(dice, integer, dice.chance(0.6) ? parameter.list_size || undefined : undefined),
  float,
  'float[]': (dice) => many(dice, float),
  bool,
  'bool[]': (dice, _, parameter) => many(dice, bool, parameter.list_size || 2),
  Scalar: (dice) => (dice.chance(0.5) ? integer(dice) : dice.chance(0.1) ? complex : float(dice)),
  'Scalar[]': (dice) => many(dice, float),
  str: (dice) => text(dice.pick(words)),
  'str[]': (dice) => many(dice, () => text(dice.pick(words))),
  'torch.device': (dice) => text(dice.pick(['cpu', 'cpu', 'meta', 'cuda', 'cpu:7', 'nonsense', 'cuda:300'])),
  'torch.dtype': (dice) => member([...dtypes.map(([, name]) => name), 'quint8', 'qint32', 'float8_e8m0fnu', 'bits8'])(dice),
  'torch.layout': member(['strided', 'sparse_coo', 'sparse_csr', 'sparse_bsc', 'jagged']),
  'torch.memory_format': member(['contiguous_format', 'channels_last', 'channels_last_3d', 'preserve_format']),
  'torch.qscheme': member(['per_tensor_affine', 'per_channel_affine']),
  'torch.Generator': () => same('generator()'),
} // biome-ignore format: a row a kind

const wrongs = [
  NULL,
  { js: 'undefined', py: 'None' },
  { js: 'NaN', py: "float('nan')" },
  { js: "'text'", py: "'text'" },
  { js: '() => 1', py: '(lambda *a: 1)' },
  { js: '(x) => x', py: '(lambda x: x)' },
  { js: 'hostile()', py: null },
  { js: "Symbol('x')", py: null },
  { js: '2n ** 70n', py: '2 ** 70' },
  { js: '-0', py: '-0' },
  { js: '1.5', py: '1.5' },
  { js: '[[1], 2]', py: '[[1], 2]' },
  { js: '[null]', py: '[None]' },
  { js: "['a']", py: "['a']" },
  { js: 'cycle()', py: null },
  { js: 'new Array(5)', py: null },
  { js: 'new Float32Array(3)', py: null },
  { js: 'new Map()', py: null },
  { js: 'Object.create(null)', py: null },
  { js: 'class {}', py: 'object' },
  { js: 'torch', py: 'torch' },
  { js: 'torch.Tensor.prototype', py: null },
  { js: 'Object.create(torch.Tensor.prototype)', py: null },
]

/** A value of any kind. */
export function any_value(dice, context) {
  const kind = dice.weighted([
    [8, 'Tensor'], [4, 'int'], [3, 'int[]'], [2, 'float'], [1, 'bool'], [1, 'str'], [1, 'Tensor[]'],
    [1, 'torch.dtype'], [0.3, 'torch.device'], [0.3, 'torch.Generator'], [3, 'wrong'],
  ]) // biome-ignore format: rows of weights
  return kind === 'wrong' ? dice.pick(wrongs) : makers[kind](dice, context, { list_size: 0 })
}

/** A value for a parameter of a schema; a wrong one with some probability. */
export function value_for(dice, parameter, context, wrong) {
  if (dice.chance(wrong)) return dice.chance(0.5) ? dice.pick(wrongs) : any_value(dice, context)
  if (parameter.nullable && dice.chance(0.3)) return NULL
  const make = makers[parameter.kind]
  return make === undefined ? any_value(dice, context) : make(dice, context, parameter)
}

/** What the tensors of one call have in common, so that some calls are right. */
export function new_context(dice) {
  return { shape: shape(dice), dtype: dice.weighted(dtypes) }
}
