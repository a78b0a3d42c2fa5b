import * as torch from 'typetorch'
import { nn, type Tensor } from 'typetorch'
import { beforeAll, describe, expect, it } from 'vitest'
import { live_torch, run_python } from '../../helpers/python.js'

type AnyModule = nn.Module & ((...args: never[]) => unknown)

// [Python, TypeScript, inputs]: the same module, made by both. An input is a shape of normal numbers; `5:2,3` integers
// below 5; `u:2,3` uniform numbers; `s:2,3` signs.
const CASES: [python: string, make: () => nn.Module, inputs: string, eval?: 'eval'][] = [
  ['nn.Dropout(0.2)', () => new nn.Dropout(0.2), '9'],
  ['nn.Dropout(p=0.5, inplace=True)', () => new nn.Dropout({ inplace: true }), '9'],
  ['nn.Dropout1d()', () => new nn.Dropout1d(), '4,5'],
  ['nn.Dropout2d(0.3)', () => new nn.Dropout2d(0.3), '2,4,5,5'],
  ['nn.Dropout3d(0.3)', () => new nn.Dropout3d(0.3), '2,4,3,3,3'],
  ['nn.AlphaDropout()', () => new nn.AlphaDropout(), '9'],
  ['nn.FeatureAlphaDropout(0.4)', () => new nn.FeatureAlphaDropout(0.4), '2,4,3'],
  ['nn.BatchNorm1d(4)', () => new nn.BatchNorm1d(4), '3,4'],
  ['nn.BatchNorm1d(4, momentum=None)', () => new nn.BatchNorm1d(4, { momentum: null }), '3,4,5'],
  ['nn.BatchNorm2d(4, affine=False)', () => new nn.BatchNorm2d(4, { affine: false }), '3,4,5,5'],
  ['nn.BatchNorm3d(4, bias=False)', () => new nn.BatchNorm3d(4, { bias: false }), '3,4,2,2,2', 'eval'],
  [
    'nn.BatchNorm1d(4, track_running_stats=False)',
    () => new nn.BatchNorm1d(4, { track_running_stats: false }),
    '3,4',
    'eval',
  ],
  ['nn.SyncBatchNorm(4)', () => new nn.SyncBatchNorm(4), '3,4,2'],
  ['nn.InstanceNorm1d(4, affine=True)', () => new nn.InstanceNorm1d(4, { affine: true }), '4,5'],
  [
    'nn.InstanceNorm2d(4, track_running_stats=True)',
    () => new nn.InstanceNorm2d(4, { track_running_stats: true }),
    '2,4,3,3',
  ],
  ['nn.InstanceNorm3d(2)', () => new nn.InstanceNorm3d(2), '2,2,2,3,3'],
  ['nn.LayerNorm((3, 4), eps=1e-3)', () => new nn.LayerNorm([3, 4], 1e-3), '2,3,4'],
  ['nn.LayerNorm(4, bias=False)', () => new nn.LayerNorm(4, { bias: false }), '2,4'],
  ['nn.GroupNorm(2, 4)', () => new nn.GroupNorm(2, 4), '2,4,3'],
  ['nn.GroupNorm(2, 4, affine=False)', () => new nn.GroupNorm(2, 4, { affine: false }), '2,4,3'],
  ['nn.RMSNorm(4)', () => new nn.RMSNorm(4), '2,4'],
  ['nn.RMSNorm([2, 4], eps=1e-6)', () => new nn.RMSNorm([2, 4], 1e-6), '3,2,4'],
  ['nn.LocalResponseNorm(3, k=2.0)', () => new nn.LocalResponseNorm(3, { k: 2 }), '2,5,3'],
  ['nn.CrossMapLRN2d(3)', () => new nn.CrossMapLRN2d(3), '2,5,3,3'],
  ['nn.Embedding(7, 3)', () => new nn.Embedding(7, 3), '7:2,4'],
  [
    'nn.Embedding(7, 3, padding_idx=-1, max_norm=1.0, scale_grad_by_freq=True)',
    () => new nn.Embedding(7, 3, { padding_idx: -1, max_norm: 1, scale_grad_by_freq: true }),
    '7:2,4',
  ],
  ['nn.EmbeddingBag(7, 3, mode="sum")', () => new nn.EmbeddingBag(7, 3, { mode: 'sum' }), '7:2,4'],
  ['nn.EmbeddingBag(7, 3, padding_idx=2)', () => new nn.EmbeddingBag(7, 3, { padding_idx: 2 }), '7:2,4'],
  ['nn.MaxPool1d(2)', () => new nn.MaxPool1d(2), '2,3,7'],
  [
    'nn.MaxPool2d((3, 2), stride=(2, 1), padding=1, ceil_mode=True)',
    () => new nn.MaxPool2d([3, 2], { stride: [2, 1], padding: 1, ceil_mode: true }),
    '2,3,7,7',
  ],
  ['nn.MaxPool3d(2, dilation=2)', () => new nn.MaxPool3d(2, { dilation: 2 }), '1,2,5,5,5'],
  [
    'nn.MaxPool2d(2, return_indices=True)',
    () => new nn.MaxPool2d<[Tensor, Tensor]>(2, { return_indices: true }),
    '2,3,4,4',
  ],
  ['nn.AvgPool1d(3, 2)', () => new nn.AvgPool1d(3, 2), '2,3,7'],
  [
    'nn.AvgPool2d(3, padding=1, count_include_pad=False)',
    () => new nn.AvgPool2d(3, { padding: 1, count_include_pad: false }),
    '2,3,7,7',
  ],
  [
    'nn.AvgPool3d((2, 1, 2), divisor_override=3)',
    () => new nn.AvgPool3d([2, 1, 2], { divisor_override: 3 }),
    '1,2,4,4,4',
  ],
  ['nn.LPPool1d(2, 3)', () => new nn.LPPool1d(2, 3), 'u:2,3,7'],
  ['nn.LPPool2d(1.2, (3, 2), stride=(2, 1))', () => new nn.LPPool2d(1.2, [3, 2], [2, 1]), 'u:2,3,7,7'],
  ['nn.LPPool3d(2.0, 2)', () => new nn.LPPool3d(torch.float_scalar(2), 2), 'u:1,2,4,4,4'],
  [
    'nn.FractionalMaxPool2d(3, output_size=(2, 3))',
    () => new nn.FractionalMaxPool2d(3, { output_size: [2, 3] }),
    '2,3,7,7',
  ],
  [
    'nn.FractionalMaxPool3d(2, output_ratio=0.5)',
    () => new nn.FractionalMaxPool3d(2, { output_ratio: 0.5 }),
    '2,3,6,6,6',
  ],
  ['nn.AdaptiveMaxPool1d(3)', () => new nn.AdaptiveMaxPool1d(3), '2,3,7'],
  ['nn.AdaptiveMaxPool2d((None, 3))', () => new nn.AdaptiveMaxPool2d([null, 3]), '2,3,7,7'],
  ['nn.AdaptiveMaxPool3d(2)', () => new nn.AdaptiveMaxPool3d(2), '1,2,4,4,4'],
  ['nn.AdaptiveAvgPool1d(3)', () => new nn.AdaptiveAvgPool1d(3), '2,3,7'],
  ['nn.AdaptiveAvgPool2d((3, None))', () => new nn.AdaptiveAvgPool2d([3, null]), '2,3,7,7'],
  ['nn.AdaptiveAvgPool3d((2, 3, 4))', () => new nn.AdaptiveAvgPool3d([2, 3, 4]), '1,2,4,4,4'],
  ['nn.ReflectionPad1d(2)', () => new nn.ReflectionPad1d(2), '2,5'],
  ['nn.ReflectionPad3d(1)', () => new nn.ReflectionPad3d(1), '2,3,3,3'],
  ['nn.ReplicationPad2d((1, 2, 0, 1))', () => new nn.ReplicationPad2d([1, 2, 0, 1]), '2,3,3'],
  ['nn.ReplicationPad3d(1)', () => new nn.ReplicationPad3d(1), '2,3,3,3'],
  ['nn.ZeroPad1d(1)', () => new nn.ZeroPad1d(1), '2,3'],
  ['nn.ConstantPad1d(1, 3.5)', () => new nn.ConstantPad1d(1, 3.5), '2,3'],
  ['nn.ConstantPad2d((1, 0, 2, 1), 7)', () => new nn.ConstantPad2d([1, 0, 2, 1], 7), '2,3,3'],
  ['nn.CircularPad2d((1, 1, 2, 0))', () => new nn.CircularPad2d([1, 1, 2, 0]), '2,3,3'],
  ['nn.CircularPad3d(1)', () => new nn.CircularPad3d(1), '2,3,3,3'],
  ['nn.Flatten()', () => new nn.Flatten(), '2,3,4'],
  ['nn.Unflatten(1, (2, 3))', () => new nn.Unflatten(1, [2, 3]), '2,6'],
  ['nn.Fold((4, 5), (2, 2))', () => new nn.Fold([4, 5], [2, 2]), '1,8,12'],
  ['nn.Unfold(2, dilation=2, padding=1)', () => new nn.Unfold(2, { dilation: 2, padding: 1 }), '1,2,4,4'],
  ['nn.Upsample(scale_factor=2)', () => new nn.Upsample({ scale_factor: 2 }), '1,2,3'],
  [
    'nn.Upsample(size=(5, 4), mode="bilinear", align_corners=True)',
    () => new nn.Upsample({ size: [5, 4], mode: 'bilinear', align_corners: true }),
    '1,2,3,3',
  ],
  [
    'nn.UpsamplingNearest2d(scale_factor=(2, 3))',
    () => new nn.UpsamplingNearest2d({ scale_factor: [2, 3] }),
    '1,2,3,3',
  ],
  ['nn.UpsamplingBilinear2d(5)', () => new nn.UpsamplingBilinear2d(5), '1,2,3,3'],
  ['nn.PixelShuffle(2)', () => new nn.PixelShuffle(2), '1,8,3,3'],
  ['nn.PixelUnshuffle(2)', () => new nn.PixelUnshuffle(2), '1,2,4,4'],
  ['nn.ChannelShuffle(2)', () => new nn.ChannelShuffle(2), '1,4,2,2'],
  ['nn.PairwiseDistance(keepdim=True)', () => new nn.PairwiseDistance({ keepdim: true }), '3,4 3,4'],
  ['nn.CosineSimilarity(dim=0)', () => new nn.CosineSimilarity({ dim: 0 }), '3,4 3,4'],
  ['nn.Bilinear(3, 4, 2)', () => new nn.Bilinear(3, 4, 2), '5,3 5,4'],
  ['nn.PReLU(3, init=0.1)', () => new nn.PReLU(3, 0.1), '2,3'],
  ['nn.RReLU(0.1, 0.3)', () => new nn.RReLU(0.1, 0.3), '9'],
  ['nn.Softmax2d()', () => new nn.Softmax2d(), '2,3,4,4'],
  [
    'nn.ConvTranspose1d(4, 6, 3, stride=2, padding=1, output_padding=1)',
    () => new nn.ConvTranspose1d(4, 6, 3, { stride: 2, padding: 1, output_padding: 1 }),
    '2,4,5',
  ],
  [
    'nn.ConvTranspose2d(4, 6, (3, 2), 2, groups=2, bias=False, dilation=2)',
    () => new nn.ConvTranspose2d(4, 6, [3, 2], 2, { groups: 2, bias: false, dilation: 2 }),
    '2,4,5,5',
  ],
  ['nn.ConvTranspose3d(2, 3, 2)', () => new nn.ConvTranspose3d(2, 3, 2), '1,2,3,3,3'],
  ['nn.RNN(3, 4, 2, nonlinearity="relu")', () => new nn.RNN(3, 4, 2, 'relu'), '5,2,3'],
  ['nn.RNN(3, 4, dropout=0.0, bidirectional=True)', () => new nn.RNN(3, 4, { bidirectional: true }), '5,3'],
  [
    'nn.LSTM(3, 4, 2, batch_first=True, dropout=0.5)',
    () => new nn.LSTM(3, 4, 2, { batch_first: true, dropout: 0.5 }),
    '2,5,3',
  ],
  ['nn.LSTM(3, 4, proj_size=2)', () => new nn.LSTM(3, 4, { proj_size: 2 }), '5,2,3'],
  [
    'nn.GRU(3, 4, 2, False, bidirectional=True)',
    () => new nn.GRU(3, 4, 2, false, { bidirectional: true }),
    '5,2,3 4,2,4',
  ],
  ['nn.RNNCell(3, 4, nonlinearity="relu")', () => new nn.RNNCell(3, 4, { nonlinearity: 'relu' }), '2,3'],
  ['nn.LSTMCell(3, 4)', () => new nn.LSTMCell(3, 4), '2,3'],
  ['nn.GRUCell(3, 4, bias=False)', () => new nn.GRUCell(3, 4, false), '3 4'],
  [
    'nn.MultiheadAttention(4, 2, dropout=0.1)',
    () => new nn.MultiheadAttention(4, 2, 0.1),
    '5,2,4 3,2,4 3,2,4',
  ],
  [
    'nn.MultiheadAttention(4, 2, kdim=3, vdim=5, batch_first=True)',
    () => new nn.MultiheadAttention(4, 2, { kdim: 3, vdim: 5, batch_first: true }),
    '2,5,4 2,3,3 2,3,5',
  ],
  [
    'nn.TransformerEncoderLayer(4, 2, 8, batch_first=True, activation="gelu")',
    () => new nn.TransformerEncoderLayer(4, 2, 8, { batch_first: true, activation: 'gelu' }),
    '2,5,4',
    'eval',
  ],
  [
    'nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8), 2, nn.LayerNorm(4), enable_nested_tensor=False)',
    () =>
      new nn.TransformerEncoder(new nn.TransformerEncoderLayer(4, 2, 8), 2, new nn.LayerNorm(4), {
        enable_nested_tensor: false,
      }),
    '5,2,4',
  ],
  [
    'nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 8), 2)',
    () => new nn.TransformerDecoder(new nn.TransformerDecoderLayer(4, 2, 8), 2),
    '5,2,4 3,2,4',
  ],
  [
    'nn.Transformer(4, 2, 1, 1, 8, batch_first=True)',
    () => new nn.Transformer(4, 2, 1, 1, 8, { batch_first: true }),
    '2,5,4 2,3,4',
  ],
  ['nn.LazyLinear(3)', () => new nn.LazyLinear(3), '2,4'],
  ['nn.LazyConv2d(4, 3, groups=2)', () => new nn.LazyConv2d(4, 3, { groups: 2 }), '1,2,5,5'],
  [
    'nn.LazyConvTranspose1d(4, 3, bias=False)',
    () => new nn.LazyConvTranspose1d(4, 3, { bias: false }),
    '1,2,5',
  ],
  ['nn.LazyBatchNorm2d()', () => new nn.LazyBatchNorm2d(), '2,3,4,4'],
  ['nn.LazyInstanceNorm1d()', () => new nn.LazyInstanceNorm1d(), '2,3,4'],
  ['nn.SmoothL1Loss(beta=0.5)', () => new nn.SmoothL1Loss({ beta: 0.5 }), '5 5'],
  ['nn.HuberLoss(delta=0.5)', () => new nn.HuberLoss({ delta: 0.5 }), '5 5'],
  ['nn.KLDivLoss(reduction="batchmean")', () => new nn.KLDivLoss({ reduction: 'batchmean' }), '2,5 u:2,5'],
  ['nn.NLLLoss(weight=torch.ones(5))', () => new nn.NLLLoss(torch.ones(5)), '3,5 5:3'],
  [
    'nn.CrossEntropyLoss(label_smoothing=0.1)',
    () => new nn.CrossEntropyLoss({ label_smoothing: 0.1 }),
    '3,5 5:3',
  ],
  ['nn.BCELoss(weight=torch.ones(3, 2))', () => new nn.BCELoss(torch.ones(3, 2)), 'u:3,2 u:3,2'],
  [
    'nn.BCEWithLogitsLoss(pos_weight=torch.ones(2))',
    () => new nn.BCEWithLogitsLoss({ pos_weight: torch.ones(2) }),
    '3,2 u:3,2',
  ],
  ['nn.HingeEmbeddingLoss()', () => new nn.HingeEmbeddingLoss(), '5 s:5'],
  ['nn.MultiLabelMarginLoss()', () => new nn.MultiLabelMarginLoss(), '3,4 4:3,4'],
  ['nn.MultiLabelSoftMarginLoss()', () => new nn.MultiLabelSoftMarginLoss(), '3,4 u:3,4'],
  ['nn.MultiMarginLoss(p=2, margin=0.5)', () => new nn.MultiMarginLoss(2, 0.5), '3,4 4:3'],
  ['nn.MarginRankingLoss(0.1)', () => new nn.MarginRankingLoss(0.1), '5 5 s:5'],
  ['nn.TripletMarginLoss(swap=True)', () => new nn.TripletMarginLoss({ swap: true }), '3,4 3,4 3,4'],
  ['nn.TripletMarginWithDistanceLoss()', () => new nn.TripletMarginWithDistanceLoss(), '3,4 3,4 3,4'],
  [
    'nn.AdaptiveLogSoftmaxWithLoss(6, 20, [4, 10], div_value=2.0)',
    () => new nn.AdaptiveLogSoftmaxWithLoss(6, 20, [4, 10], { div_value: 2 }),
    '9,6 20:9',
  ],
  [
    'nn.LinearCrossEntropyLoss(4, 3, bias=True)',
    () => new nn.LinearCrossEntropyLoss(4, 3, { bias: true }),
    '5,4 3:5',
  ],
  ['nn.DataParallel(nn.Linear(3, 2))', () => new nn.DataParallel(new nn.Linear(3, 2)), '5,3'],
]

interface Answer {
  text: string
  after: string
  keys: string[]
  state: unknown[]
  outputs: unknown[]
  grads: unknown[]
}

const SCRIPT = `
import json, sys, torch, warnings
from torch import nn
warnings.simplefilter('ignore')
def make(spec):
    kind, _, sizes = spec.rpartition(':')
    shape = [int(n) for n in sizes.split(',')]
    if kind == '': return torch.randn(shape, requires_grad=True)
    if kind == 'u': return torch.rand(shape)
    if kind == 's': return torch.randn(shape).sign()
    return torch.randint(0, int(kind), shape)
def tensors(value):
    if isinstance(value, torch.Tensor): return [value]
    return [t for item in value for t in tensors(item)] if isinstance(value, (tuple, list)) else []
answers = []
for source, inputs, evaluate in json.loads(sys.argv[1]):
    torch.manual_seed(7)
    module = eval(source)
    text = repr(module)
    if evaluate: module.eval()
    xs = [make(spec) for spec in inputs.split(' ')]
    args = [x.clone() if getattr(module, 'inplace', False) else x for x in xs]
    ys = tensors(module(*args))
    total = sum(y.sum() for y in ys if y.requires_grad)
    if isinstance(total, torch.Tensor): total.backward()
    leaves = [x for x in xs if x.requires_grad] + list(module.parameters())
    answers.append({'text': text, 'after': repr(module), 'keys': list(module.state_dict()),
                    'outputs': [y.tolist() for y in ys],
                    'state': [t.tolist() for t in module.state_dict().values()],
                    'grads': [None if t.grad is None else t.grad.tolist() for t in leaves]})
print(json.dumps(answers))
`

function make_input(spec: string): Tensor {
  const [sizes = '', kind = ''] = spec.split(':').reverse()
  const shape = sizes.split(',').map(Number)
  if (kind === '') return torch.randn(shape, { requires_grad: true })
  if (kind === 'u') return torch.rand(shape)
  if (kind === 's') return torch.randn(shape).sign()
  return torch.randint(0, Number(kind), shape)
}

function tensors(value: unknown): Tensor[] {
  if (value instanceof torch.Tensor) return [value]
  return Array.isArray(value) ? value.flatMap(tensors) : []
}

describe.skipIf(!live_torch())('every module against a live Python, to the last bit', () => {
  let python: Answer[] = []

  beforeAll(() => {
    const cases = CASES.map(([source, , inputs, evaluate]) => [source, inputs, evaluate === 'eval'])
    python = run_python(SCRIPT, [JSON.stringify(cases)]) as Answer[]
  }, 120_000)

  it.each(CASES.map(([source, make, inputs, evaluate], i) => ({ source, make, inputs, evaluate, i })))(
    '$source',
    ({ make, inputs, evaluate, i }) => {
      torch.manual_seed(7)
      const module = make() as AnyModule
      const text = String(module)
      if (evaluate === 'eval') module.eval()
      const xs = inputs.split(' ').map(make_input)
      const is_inplace = (module as { inplace?: boolean }).inplace === true
      const args = xs.map((x) => (is_inplace ? x.clone() : x))
      const ys = tensors((module as unknown as (...args: Tensor[]) => unknown)(...args))
      let total: Tensor | undefined
      for (const y of ys)
        if (y.requires_grad) total = total === undefined ? y.sum().add(0) : total.add(y.sum())
      total?.backward()
      const leaves = [...xs.filter((x) => x.requires_grad), ...module.parameters()]
      const state = module.state_dict()
      expect({
        text,
        after: String(module),
        keys: state.keys(),
        outputs: ys.map((y) => y.tolist()),
        state: state.values().map((t) => t.tolist()),
        grads: leaves.map((t) => t.grad?.tolist() ?? null),
      }).toEqual(python[i])
    },
  )
})
