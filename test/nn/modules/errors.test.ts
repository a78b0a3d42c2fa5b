import * as torch from 'typetorch'
import { nn, type Tensor } from 'typetorch'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { live_torch, run_python } from '../../helpers/python.js'

const x = (...shape: number[]) => torch.ones(shape)

// [Python, TypeScript]: both throw, and say the same.
const CASES: [python: string, run: () => unknown][] = [
  ['nn.Dropout(1.5)', () => new nn.Dropout(1.5)],
  ['nn.BatchNorm1d(3)(x(2))', () => new nn.BatchNorm1d(3)(x(2))],
  ['nn.BatchNorm2d(3)(x(2, 3))', () => new nn.BatchNorm2d(3)(x(2, 3))],
  ['nn.BatchNorm3d(3)(x(2, 3))', () => new nn.BatchNorm3d(3)(x(2, 3))],
  ['nn.BatchNorm1d(3)(x(1, 3))', () => new nn.BatchNorm1d(3)(x(1, 3))],
  ['nn.SyncBatchNorm(3)(x(3))', () => new nn.SyncBatchNorm(3)(x(3))],
  ['nn.SyncBatchNorm(3)(x(3, 0))', () => new nn.SyncBatchNorm(3)(x(3, 0))],
  ['nn.InstanceNorm1d(3)(x(3))', () => new nn.InstanceNorm1d(3)(x(3))],
  [
    'nn.InstanceNorm2d(3, affine=True)(x(2, 4, 4))',
    () => new nn.InstanceNorm2d(3, { affine: true })(x(2, 4, 4)),
  ],
  ['nn.GroupNorm(2, 3)', () => new nn.GroupNorm(2, 3)],
  ['nn.CrossMapLRN2d(2)(x(2, 3))', () => new nn.CrossMapLRN2d(2)(x(2, 3))],
  ['nn.Embedding(4, 2, padding_idx=4)', () => new nn.Embedding(4, 2, 4)],
  ['nn.Embedding(4, 2, padding_idx=-5)', () => new nn.Embedding(4, 2, -5)],
  ['nn.Embedding(4, 2, _weight=x(4, 3))', () => new nn.Embedding(4, 2, { _weight: x(4, 3) })],
  ['nn.Embedding.from_pretrained(x(4))', () => nn.Embedding.from_pretrained(x(4))],
  ['nn.EmbeddingBag(4, 2, padding_idx=9)', () => new nn.EmbeddingBag(4, 2, { padding_idx: 9 })],
  ['nn.FractionalMaxPool2d(2)', () => new nn.FractionalMaxPool2d(2)],
  ['nn.FractionalMaxPool2d(2, 3, 0.5)', () => new nn.FractionalMaxPool2d(2, 3, 0.5)],
  ['nn.FractionalMaxPool3d(2, output_ratio=1.5)', () => new nn.FractionalMaxPool3d(2, { output_ratio: 1.5 })],
  ['nn.FractionalMaxPool3d(0, 2)', () => new nn.FractionalMaxPool3d(0, 2)],
  ['nn.CircularPad2d(1)(x(2, 3))', () => new nn.CircularPad2d(1)(x(2, 3))],
  ['nn.Unflatten(1, (2, 1.5))', () => new nn.Unflatten(1, [2, 1.5])],
  ['nn.Bilinear(0, 2, 3)', () => new nn.Bilinear(0, 2, 3)],
  ['nn.Softmax2d()(x(2, 3))', () => new nn.Softmax2d()(x(2, 3))],
  [
    'nn.ConvTranspose2d(2, 2, 1, padding_mode="reflect")',
    () => new nn.ConvTranspose2d(2, 2, 1, { padding_mode: 'reflect' }),
  ],
  [
    'nn.ConvTranspose1d(2, 2, 3, 2)(x(1, 2, 3), output_size=[4])',
    () => new nn.ConvTranspose1d(2, 2, 3, 2)(x(1, 2, 3), [4]),
  ],
  [
    'nn.ConvTranspose1d(2, 2, 3, 2)(x(1, 2, 3), output_size=[4, 4])',
    () => new nn.ConvTranspose1d(2, 2, 3, 2)(x(1, 2, 3), [4, 4]),
  ],
  ['nn.LSTM(0, 2)', () => new nn.LSTM(0, 2)],
  ['nn.LSTM(2, 2, 0)', () => new nn.LSTM(2, 2, 0)],
  ['nn.LSTM(2, 2, dropout=2.0)', () => new nn.LSTM(2, 2, { dropout: 2 })],
  ['nn.LSTM(2, 2, proj_size=2)', () => new nn.LSTM(2, 2, { proj_size: 2 })],
  ['nn.GRU(2, 2, proj_size=1)', () => new nn.GRU(2, 2, { proj_size: 1 } as never)],
  ['nn.RNN(2, 2, nonlinearity="gelu")', () => new nn.RNN(2, 2, { nonlinearity: 'gelu' as never })],
  ['nn.RNNBase("X", 2, 2)', () => new nn.RNNBase('X' as never, 2, 2)],
  ['nn.LSTM(2, 2)(x(2))', () => new nn.LSTM(2, 2)(x(2))],
  ['nn.LSTM(2, 2)(x(2, 3))', () => new nn.LSTM(2, 2)(x(2, 3))],
  ['nn.GRU(2, 2)(x(2, 1, 2), x(1, 2))', () => new nn.GRU(2, 2)(x(2, 1, 2), x(1, 2))],
  ['nn.GRU(2, 3)(x(2, 1, 2), x(1, 1, 2))', () => new nn.GRU(2, 3)(x(2, 1, 2), x(1, 1, 2))],
  [
    'nn.LSTM(2, 3)(x(2, 1, 2), (x(1, 1, 3), x(1, 1, 2)))',
    () => new nn.LSTM(2, 3)(x(2, 1, 2), [x(1, 1, 3), x(1, 1, 2)]),
  ],
  ['nn.LSTM(2, 3)(x(2, 2), (x(1, 1, 3), x(1, 3)))', () => new nn.LSTM(2, 3)(x(2, 2), [x(1, 1, 3), x(1, 3)])],
  ['nn.LSTM(2, 2)(x(2, 1, 2).double())', () => new nn.LSTM(2, 2)(x(2, 1, 2).double())],
  ['nn.LSTMCell(2, 2)(x(1, 1, 2))', () => new nn.LSTMCell(2, 2)(x(1, 1, 2))],
  ['nn.RNNCell(2, 2)(x(1, 2), x(1, 1, 2))', () => new nn.RNNCell(2, 2)(x(1, 2), x(1, 1, 2))],
  ['nn.MultiheadAttention(0, 1)', () => new nn.MultiheadAttention(0, 1)],
  ['nn.MultiheadAttention(4, 3)', () => new nn.MultiheadAttention(4, 3)],
  [
    'nn.TransformerEncoderLayer(4, 2, activation="tanh")',
    () => new nn.TransformerEncoderLayer(4, 2, { activation: 'tanh' as never }),
  ],
  [
    'nn.Transformer(4, 2, 1, 1, 8)(x(2, 1, 4), x(2, 2, 4))',
    () => new nn.Transformer(4, 2, 1, 1, 8)(x(2, 1, 4), x(2, 2, 4)),
  ],
  [
    'nn.Transformer(4, 2, 1, 1, 8)(x(2, 1, 3), x(2, 1, 4))',
    () => new nn.Transformer(4, 2, 1, 1, 8)(x(2, 1, 3), x(2, 1, 4)),
  ],
  ['nn.MultiMarginLoss(3)', () => new nn.MultiMarginLoss(3)],
  ['nn.MultiMarginLoss(weight=x(1, 2))', () => new nn.MultiMarginLoss({ weight: x(1, 2) })],
  ['nn.TripletMarginLoss(margin=0)', () => new nn.TripletMarginLoss(0)],
  ['nn.TripletMarginWithDistanceLoss(margin=-1)', () => new nn.TripletMarginWithDistanceLoss({ margin: -1 })],
  [
    'nn.LinearCrossEntropyLoss(2, 3, label_smoothing=2.0)',
    () => new nn.LinearCrossEntropyLoss(2, 3, { label_smoothing: 2 }),
  ],
  ['nn.AdaptiveLogSoftmaxWithLoss(4, 9, [])', () => new nn.AdaptiveLogSoftmaxWithLoss(4, 9, [])],
  ['nn.AdaptiveLogSoftmaxWithLoss(4, 9, [5, 3])', () => new nn.AdaptiveLogSoftmaxWithLoss(4, 9, [5, 3])],
  [
    'nn.AdaptiveLogSoftmaxWithLoss(4, 9, [3])(x(2, 4), torch.tensor([1, 9]))',
    () => new nn.AdaptiveLogSoftmaxWithLoss(4, 9, [3])(x(2, 4), torch.tensor([1n, 9n])),
  ],
  [
    'nn.AdaptiveLogSoftmaxWithLoss(4, 9, [3])(x(3, 4), torch.tensor([1, 2]))',
    () => new nn.AdaptiveLogSoftmaxWithLoss(4, 9, [3])(x(3, 4), torch.tensor([1n, 2n])),
  ],
  ['nn.LazyConv1d(2, 3)(x(2))', () => new nn.LazyConv1d(2, 3)(x(2))],
  [
    'nn.Linear(5, 3).load_state_dict(nn.LazyLinear(3).state_dict())',
    () => new nn.Linear(5, 3).load_state_dict(new nn.LazyLinear(3).state_dict()),
  ],
  [
    'nn.utils.rnn.pack_padded_sequence(x(3, 2), [1, 3])',
    () => nn.utils.rnn.pack_padded_sequence(x(3, 2), [1, 3]),
  ],
  [
    'nn.utils.fuse_conv_bn_eval(nn.Conv1d(1, 1, 1), nn.BatchNorm1d(1))',
    () => nn.utils.fuse_conv_bn_eval(new nn.Conv1d(1, 1, 1), new nn.BatchNorm1d(1)),
  ],
  ['nn.utils.remove_weight_norm(nn.Linear(1, 1))', () => nn.utils.remove_weight_norm(new nn.Linear(1, 1))],
  [
    'nn.utils.spectral_norm(nn.Linear(1, 1), n_power_iterations=0)',
    () => nn.utils.spectral_norm(new nn.Linear(1, 1), { n_power_iterations: 0 }),
  ],
  [
    'nn.utils.parametrize.register_parametrization(nn.Linear(2, 1), "wait", nn.ReLU())',
    () => nn.utils.parametrize.register_parametrization(new nn.Linear(2, 1), 'wait', new nn.ReLU()),
  ],
  [
    'nn.utils.parametrize.register_parametrization(nn.Linear(2, 1), "weight", nn.Linear(2, 3))',
    () => nn.utils.parametrize.register_parametrization(new nn.Linear(2, 1), 'weight', new nn.Linear(2, 3)),
  ],
  [
    'nn.utils.parametrize.remove_parametrizations(nn.Linear(2, 1), "weight")',
    () => nn.utils.parametrize.remove_parametrizations(new nn.Linear(2, 1), 'weight'),
  ],
  [
    'nn.utils.parametrizations.orthogonal(nn.Linear(2, 1), "bias")',
    () => nn.utils.parametrizations.orthogonal(new nn.Linear(2, 1), 'bias'),
  ],
  [
    'nn.utils.parametrizations.spectral_norm(nn.Linear(2, 1), dim=2)',
    () => nn.utils.parametrizations.spectral_norm(new nn.Linear(2, 1), { dim: 2 }),
  ],
  ['nn.utils.skip_init(nn.ReLU)', () => nn.utils.skip_init(nn.ReLU)],
  [
    'torch.func.functional_call(nn.Linear(2, 1, False), {"weigth": x(1, 2)}, x(1, 2), strict=True)',
    () =>
      torch.func.functional_call(new nn.Linear(2, 1, false), { weigth: x(1, 2) }, x(1, 2), null, {
        strict: true,
      }),
  ],
  [
    'nn.utils.get_total_norm([x(1) / 0], error_if_nonfinite=True)',
    () => nn.utils.get_total_norm([x(1).div(0)], { error_if_nonfinite: true }),
  ],
]

describe.skipIf(!live_torch())('what a live Python refuses, in its words', () => {
  let python: [kind: string, message: string][] = []

  beforeAll(() => {
    python = run_python(
      `
import json, sys, torch, warnings
from torch import nn
warnings.simplefilter('ignore')
x = lambda *shape: torch.ones(shape)
answers = []
for source in json.loads(sys.argv[1]):
    try:
        eval(source)
        answers.append(['nothing', ''])
    except Exception as error:
        answers.append([type(error).__name__, str(error)])
print(json.dumps(answers))
`,
      [JSON.stringify(CASES.map(([source]) => source))],
    ) as [string, string][]
  }, 120_000)

  it.each(CASES.map(([source, run], i) => ({ source, run, i })))('$source', ({ run, i }) => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    let thrown: unknown
    try {
      run()
    } catch (error) {
      thrown = error
    }
    const { name, message } = thrown as Error
    expect([name, message]).toEqual(python[i])
  })
})

describe('a module', () => {
  it('types a call with several signatures', () => {
    const [output, [h, c]] = new nn.LSTM(2, 3)(x(4, 1, 2))
    const seen: Tensor[] = [output, h, c]
    expect(seen.map((t) => t.shape)).toEqual([
      [4, 1, 3],
      [1, 1, 3],
      [1, 1, 3],
    ])
    const [pooled, places] = new nn.MaxPool1d<[Tensor, Tensor]>(2, { return_indices: true })(x(1, 4))
    expect([pooled.shape, places.dtype]).toEqual([[1, 2], torch.int64])
  })
})
