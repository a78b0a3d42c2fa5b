// A sample of the whole API, run in a process of its own: what each line of it gives is written as JSON, one line each.
// The arguments say what is put on the prototypes before the library is loaded; run by polluted.test.ts.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pollute } from './pollute.mjs'

const folder = mkdtempSync(join(tmpdir(), 'typetorch-own-keys-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
// Its own loading does not bear names on Object.prototype.
await import('sharp')
pollute(process.argv[2], JSON.parse(process.argv[3] ?? '[]'))

const torch = await import('typetorch')
const { nn, optim, utils } = torch
torch.set_num_threads(1)

/** A value as text: own keys in their order, tensors by dtype, shape and numbers. */
function text(value, depth = 0) {
  if (depth > 12) return '…'
  const inner = (item) => text(item, depth + 1)
  if (value instanceof torch.Tensor) {
    const dense = value.layout === torch.strided ? value : value.to_dense()
    return `${dense.dtype} ${JSON.stringify([...dense.shape])} ${JSON.stringify(dense.detach().tolist(), (_, n) => (typeof n === 'bigint' ? `${n}n` : n))}`
  }
  if (value instanceof Error) return `${value.name}: ${value.message}`
  if (typeof value === 'function') return `function ${value.constructor?.name}`
  if (value instanceof Map)
    return `Map(${[...value].map(([k, v]) => `${inner(k)} => ${inner(v)}`).join(', ')})`
  if (value instanceof Set) return `Set(${[...value].map(inner).join(', ')})`
  if (Array.isArray(value)) return `[${Array.from(value, inner).join(', ')}]`
  if (typeof value !== 'object' || value === null)
    return typeof value === 'bigint' ? `${value}n` : String(value)
  if (ArrayBuffer.isView(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')
  const keys =
    value instanceof torch.OrderedDict ? torch.OrderedDict.prototype.keys.call(value) : Object.keys(value)
  return `{ ${keys.map((key) => `${key}: ${inner(value[key])}`).join(', ')} }`
}

async function record(name, run) {
  torch.manual_seed(0)
  let result
  try {
    result = text(await run())
  } catch (error) {
    result = `throws ${text(error)}`
  }
  console.log(JSON.stringify([name, result]))
}

const file = (name) => join(folder, name)
const there_and_back = (value, name) => {
  torch.save(value, file(name))
  return torch.load(file(name))
}

// Operators: keywords, several results, out=, refusals.
const x = torch.tensor([
  [1, 5, 2],
  [4, 3, 6],
])
await record('sum', () => [
  x.sum(),
  x.sum({ dim: 1 }),
  x.sum(0, { keepdim: true }),
  x.sum({ dtype: torch.float64 }),
])
await record('sum {}', () => x.sum({}))
await record('sum { constructor }', () => x.sum({ constructor: 1 }))
await record('sum { __proto__ }', () => x.sum(JSON.parse('{"__proto__": 1}')))
await record('sum { toString }', () => x.sum({ toString: 1 }))
await record('max', () => [x.max(), ...x.max({ dim: 1 }), x.max({ dim: 1 }).values])
await record('out', () => {
  const out = torch.empty(2, 3)
  return [torch.add(x, x, { alpha: 2, out }), out, torch.sort(x, { descending: true })]
})
await record('factories', () => [
  torch.zeros(2),
  torch.ones(2, 2, { dtype: torch.int64 }),
  torch.arange(3),
  torch.tensor([1, 2], { requires_grad: true }).requires_grad,
  torch.full([2], 3),
  torch.eye(2),
  torch.linspace(0, 1, 3),
  torch.rand(2),
  torch.randint(0, 9, [3]),
  torch.empty(2, { device: 'meta' }).device.type,
  torch.sparse_coo_tensor(
    [
      [0, 1],
      [1, 0],
    ],
    [3, 4],
    [2, 2],
  ),
])
await record('numbers', () => [
  x.add(torch.float_scalar(2)),
  torch.tensor([1n]).add(torch.float_scalar(2)),
  x.mul(torch.complex_scalar(1, 2)),
])
await record('refusals', () => {
  const of = (call) => {
    try {
      return call()
    } catch (error) {
      return error
    }
  }
  return [
    of(() => x.sum({ dims: 1 })),
    of(() => torch.add(x)),
    of(() => torch.add(x, x, { axis: 1 })),
    of(() => x.reshape({ a: 1 })),
    of(() => nn.functional.relu(x, { constructor: true })),
    of(() => new nn.Linear(2, 3, { toString: true })),
    of(() => new nn.Linear({ in_features: 2 })),
    of(() => new optim.SGD([torch.ones(1, { requires_grad: true })], { learning_rate: 1 })),
  ]
})
await record('norms and unique', () => [
  x.norm(),
  x.norm({ dim: 1 }),
  torch.unique(x),
  torch.unique(x, { return_counts: true }),
  torch.einsum('ij,kj->ik', x, x),
  torch.stft(torch.arange(16).float(), 8, { return_complex: true, window: torch.ones(8) }),
])
await record('indexing', () => [x.at(0), x.at([0, 1]), x[1], x.index_select(1, torch.tensor([0n]))])
await record('printing', () => [String(x), String(new nn.Linear(2, 3)), torch.get_printoptions()])
await record('ops', () => [torch.ops.aten.add(x, x), torch.ops.aten.sum.dim_IntList(x, [0])])

// Modules, their calls and their states.
const net = () =>
  new nn.Sequential(
    new nn.Conv2d(1, 4, 3, { padding: 1, padding_mode: 'reflect' }),
    new nn.BatchNorm2d(4),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(16, 3),
  )
await record('modules', () => {
  const model = net()
  return [
    String(model),
    model(torch.rand(2, 1, 4, 4)),
    model.state_dict(),
    [...model.named_parameters()].length,
  ]
})
await record('layers', () => [
  new nn.LSTM(3, 4, { num_layers: 2, batch_first: true })(torch.rand(2, 5, 3)),
  new nn.GRU(3, 4)(torch.rand(5, 2, 3))[0],
  new nn.MultiheadAttention(4, 2)(torch.rand(3, 1, 4), torch.rand(3, 1, 4), torch.rand(3, 1, 4)),
  new nn.TransformerEncoderLayer(4, 2, { dim_feedforward: 8, dropout: 0 })(torch.rand(3, 1, 4)),
  new nn.Embedding(5, 2, { padding_idx: 0 })(torch.tensor([0n, 3n])),
  new nn.ConvTranspose1d(2, 3, 2)(torch.rand(1, 2, 4)),
  new nn.GroupNorm(2, 4)(torch.rand(1, 4, 3)),
  new nn.Upsample({ scale_factor: 2 })(torch.rand(1, 1, 2, 2)),
  new nn.AdaptiveAvgPool2d(1)(torch.rand(1, 2, 3, 3)),
  new nn.FractionalMaxPool2d(2, { output_ratio: 0.5 })(torch.rand(1, 1, 6, 6)).shape,
  new nn.CrossEntropyLoss({ label_smoothing: 0.1 })(x, torch.tensor([0n, 1n])),
  new nn.HuberLoss()(x, x.mul(2)),
  new nn.Bilinear(2, 2, 1)(torch.ones(1, 2), torch.ones(1, 2)),
])
await record('functional', () => [
  nn.functional.softmax(x, { dim: 1 }),
  nn.functional.cross_entropy(x, torch.tensor([0n, 1n])),
  nn.functional.interpolate(torch.rand(1, 1, 2, 2), { scale_factor: 2, mode: 'bilinear' }),
  nn.functional.layer_norm(x, [3]),
  nn.functional.pad(x, [1, 1]),
  nn.functional.scaled_dot_product_attention(torch.rand(1, 2, 4), torch.rand(1, 2, 4), torch.rand(1, 2, 4)),
  nn.functional.dropout(x, { p: 0.5 }),
  nn.functional.one_hot(torch.tensor([0n, 2n])),
])
await record('module fields', () => {
  class Own extends nn.Module {
    first = new nn.Linear(1, 1)
    foo = new nn.Linear(1, 2)
    dim = new nn.Parameter(torch.ones(2))
    constructor() {
      super()
      this.extra = new nn.Linear(2, 1)
      this.register_buffer('size', torch.zeros(1))
      this.add_module('lr', new nn.ReLU())
    }
  }
  const model = new Own()
  const copy = new Own()
  return [
    String(model),
    copy.load_state_dict(model.state_dict()),
    copy.state_dict(),
    torch.deepcopy(model).state_dict(),
    [...model.named_modules()].map(([name]) => name),
  ]
})
await record('names of the state', () => {
  const names = [
    'keys',
    '_metadata',
    'constructor',
    '__proto__',
    'toString',
    'size',
    'get',
    'values',
    'items',
    'has',
  ]
  const of = (call) => {
    try {
      return call()
    } catch (error) {
      return error
    }
  }
  return names.map((name) => [
    name,
    of(() => {
      const model = new nn.Module()
      model.register_parameter(name, new nn.Parameter(torch.ones(1)))
      const state = there_and_back(model.state_dict(), `name-${names.indexOf(name)}.pt`)
      return [state, model.load_state_dict(state)]
    }),
    of(() => {
      const model = new nn.ModuleDict([[name, new nn.BatchNorm1d(2)]])
      const state = there_and_back(model.state_dict(), `child-${names.indexOf(name)}.pt`)
      return [state, model.load_state_dict(state)]
    }),
    of(() => new nn.ParameterDict([[name, torch.ones(1)]]).state_dict()),
  ])
})
await record('hooks', () => {
  const model = new nn.Linear(2, 1)
  const seen = []
  model.register_forward_hook((_m, args) => void seen.push(args.length))
  model.register_forward_pre_hook((_m, _args, kwargs) => void seen.push(Object.keys(kwargs)), {
    with_kwargs: true,
  })
  model(torch.ones(1, 2))
  return seen
})
await record('utils of modules', () => {
  const model = new nn.Linear(2, 2)
  nn.utils.parametrizations.weight_norm(model)
  nn.utils.prune.l1_unstructured(new nn.Linear(3, 3), 'weight', { amount: 0.3 })
  const total = nn.utils.clip_grad_norm_(model.parameters(), 1)
  const packed = nn.utils.rnn.pack_padded_sequence(torch.ones(3, 2, 1), torch.tensor([3, 2]))
  return [model.state_dict(), total, packed.data, torch.func.functional_call(model, {}, [torch.ones(1, 2)])]
})

// Autograd and transforms of functions.
await record('autograd', () => {
  const w = torch.tensor([1, 2, 3], { requires_grad: true })
  const [first] = torch.autograd.grad([w.pow(2).sum()], [w], { create_graph: true })
  first.sum().backward()
  class Double extends torch.autograd.Function {
    static forward(ctx, input) {
      ctx.save_for_backward(input)
      return input.mul(2)
    }
    static backward(_ctx, grad) {
      return grad.mul(2)
    }
  }
  return [
    first,
    w.grad,
    torch.autograd.grad(Double.apply(w).sum(), w),
    torch.autograd.functional.jacobian((t) => t.pow(2), w),
  ]
})
await record('func', () => [
  torch.func.grad((t) => t.pow(2).sum())(torch.ones(2)),
  torch.func.vmap((t) => t.sum(), { in_dims: 0 })(x),
  torch.func.jacrev((t) => t.pow(3))(torch.ones(2)),
])
await record('modes', () => [
  torch.no_grad(() => torch.ones(1, { requires_grad: true }).mul(2).requires_grad),
  torch.autocast({ device_type: 'cpu', dtype: torch.bfloat16 }, () => x.matmul(x.t()).dtype),
  utils.checkpoint.checkpoint((t) => t.mul(2), torch.ones(2), { use_reentrant: false }),
])

// Optimizers, schedules, their states.
const names = Object.keys(optim).filter((name) => {
  const found = optim[name]
  return typeof found === 'function' && found.prototype instanceof optim.Optimizer
})
for (const name of names)
  await record(`optim.${name}`, () => {
    const model = new nn.Linear(3, 3, { bias: name !== 'Muon' })
    const make = () => new optim[name](model.parameters(), name === 'SparseAdam' ? { lr: 0.01 } : {})
    const optimizer = make()
    const step = () => {
      optimizer.zero_grad()
      const loss = model(x).pow(2).sum()
      loss.backward()
      return loss
    }
    if (name === 'SparseAdam')
      return [optimizer.param_groups.map(({ params, ...options }) => options), optimizer.state_dict()]
    for (let i = 0; i < 3; i++) optimizer.step(step)
    const state = there_and_back(optimizer.state_dict(), `${name}.pt`)
    const other = make()
    other.load_state_dict(state)
    return [String(other), state, other.state_dict(), [...model.parameters()]]
  })
const schedules = {
  StepLR: [{ step_size: 2 }],
  MultiStepLR: [{ milestones: [1, 2] }],
  CosineAnnealingLR: [4],
  ExponentialLR: [0.9],
  OneCycleLR: [{ max_lr: 0.1, total_steps: 6 }],
  CyclicLR: [{ base_lr: 0.01, max_lr: 0.1 }],
  LambdaLR: [(epoch) => 1 / (epoch + 1)],
  LinearLR: [],
}
for (const [name, args] of Object.entries(schedules))
  await record(`lr_scheduler.${name}`, () => {
    const make = () => {
      const optimizer = new optim.SGD([torch.ones(1, { requires_grad: true })], { lr: 0.1, momentum: 0.9 })
      return [optimizer, new optim.lr_scheduler[name](optimizer, ...args)]
    }
    const [optimizer, schedule] = make()
    const rates = []
    for (let i = 0; i < 3; i++) {
      optimizer.step()
      schedule.step()
      rates.push(schedule.get_last_lr())
    }
    const [, other] = make()
    const { anneal_func: _, ...state } = schedule.state_dict()
    other.load_state_dict(state)
    return [rates, other.state_dict(), optimizer.param_groups.map(({ params, ...options }) => options)]
  })
await record('groups', () => {
  const [a, b] = [torch.ones(1, { requires_grad: true }), torch.ones(2, { requires_grad: true })]
  const optimizer = new optim.AdamW([{ params: [a] }, { params: [b], lr: 0.5, weight_decay: 0 }], { lr: 0.1 })
  return optimizer.param_groups
})
await record('scaler', () => {
  const scaler = new torch.amp.GradScaler('cpu', { init_scale: 8 })
  return [scaler.scale(torch.ones(1)), scaler.state_dict()]
})

// Files.
await record('files', () => {
  const nested = {
    a: [1, 2n, 'x', null, true],
    m: new Map([[1, { b: torch.ones(2) }]]),
    s: new Set([1]),
    size: x,
  }
  torch.safetensors.save_file({ w: x, lr: torch.ones(1) }, file('a.safetensors'), { format: 'pt' })
  const opened = torch.safetensors.safe_open(file('a.safetensors'))
  const strange = JSON.parse('{"__proto__": "p", "constructor": "c", "dim": "d"}')
  torch.safetensors.save_file({ keys: x }, file('b.safetensors'), strange)
  return [
    there_and_back(nested, 'nested.pt'),
    there_and_back({ shared: x, again: x, part: x.at(0) }, 'shared.pt'),
    there_and_back(JSON.parse('{"__proto__": 1, "constructor": 2, "foo": 3}'), 'proto.pt'),
    torch.safetensors.load_file(file('a.safetensors')),
    opened.metadata(),
    opened.keys(),
    torch.safetensors.safe_open(file('b.safetensors')).metadata(),
    torch.load(file('a.safetensors')),
  ]
})
await record('npy', () => {
  const { npy } = utils
  return npy === undefined ? Object.keys(utils) : Object.keys(npy)
})

// Data.
await record('data', async () => {
  const { DataLoader, TensorDataset, Subset, random_split } = utils.data
  const dataset = new TensorDataset(torch.arange(10), torch.arange(10).mul(2))
  const loader = new DataLoader(dataset, { batch_size: 3, shuffle: true })
  const seen = []
  for await (const batch of loader) seen.push(batch)
  const workers = new DataLoader(dataset, { batch_size: 4, num_workers: 1 })
  for await (const batch of workers) seen.push(batch)
  const dicts = new DataLoader(
    [
      { a: 1, b: torch.ones(1) },
      { a: 2, b: torch.zeros(1) },
    ],
    { batch_size: 2 },
  )
  for await (const batch of dicts) seen.push(batch)
  const [left] = random_split(dataset, [4, 6])
  return [seen, left.length ?? left.__len__?.(), new Subset(dataset, [1]).indices, loader.state_dict()]
})
await record('transforms', async () => {
  const { transforms } = torch.vision
  const image = torch.rand(3, 8, 8)
  return [
    new transforms.Resize([4, 4])(image),
    new transforms.RandomCrop(4)(image),
    new transforms.Normalize([0.5, 0.5, 0.5], [0.5, 0.5, 0.5])(image),
    new transforms.ColorJitter({ brightness: 0.5, hue: 0.1 })(image),
    new transforms.RandomErasing({ p: 1 })(image),
    await new transforms.Compose([new transforms.CenterCrop(2), new transforms.RandomHorizontalFlip()])(
      image,
    ),
    String(new transforms.RandomVerticalFlip()),
  ]
})
await record('images', async () => {
  const { io } = torch.vision
  const image = torch.arange(48).reshape(3, 4, 4).to(torch.uint8)
  await io.write_png(image, file('a.png'))
  await io.write_jpeg(image, file('a.jpg'), 90)
  return [await io.read_image(file('a.png')), await io.read_image(file('a.jpg'))]
})

// Training.
const train = async (options, name) => {
  const model = net()
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 })
  const seen = []
  const trainer = new torch.Trainer(model, optimizer, {
    progress: false,
    checkpoints: { folder: file(name), every_steps: 2 },
    callbacks: [{ on_step_end: (_t, { step }) => void seen.push(step) }],
    ...options,
  })
  const data = Array.from({ length: 4 }, () => [torch.rand(2, 1, 4, 4), torch.tensor([0n, 2n])])
  const losses = await trainer.fit(data, ([input, target]) =>
    nn.functional.cross_entropy(model(input), target),
  )
  const { seconds: _, ...state } = trainer.state_dict()
  return [losses, seen, state]
}
await record('Trainer', () => train({ max_steps: 3, ema: { decay: 0.9 }, clip_grad_norm: 1 }, 'checkpoints'))
await record('Trainer goes on', async () => {
  const result = await train({ max_steps: 6, ema: { decay: 0.9 }, clip_grad_norm: 1 }, 'checkpoints')
  const { step } = await torch.load_checkpoint(file('checkpoints'))
  return [result, readdirSync(file('checkpoints')).sort(), step]
})
await record('Trainer validates', async () => {
  const model = new nn.Linear(1, 1)
  const trainer = new torch.Trainer(model, new optim.SGD(model.parameters(), { lr: 0.1 }), {
    progress: false,
    max_epochs: 2,
    accumulate: 2,
    early_stopping: { metric: 'val_loss', patience: 1 },
  })
  const data = [torch.ones(2, 1), torch.ones(2, 1)]
  await trainer.fit(data, (t) => ({ loss: model(t).pow(2).mean(), extra: 1 }), { validation: data })
  return [trainer.metrics, trainer.epoch, trainer.stopped]
})
await record('loggers', async () => {
  const logger = new torch.JSONLinesLogger(file('log.jsonl'))
  const csv = new torch.CSVLogger(file('log.csv'))
  return train({ max_steps: 2, checkpoints: undefined, callbacks: [logger, csv] }, 'none')
})

// The rest.
await record('distributions', () => {
  const { Normal, Categorical, MultivariateNormal, kl_divergence } = torch.distributions
  const normal = new Normal(0, 1)
  return [
    normal.sample([2]),
    normal.log_prob(torch.ones(1)),
    new Categorical({ logits: x }).sample(),
    new MultivariateNormal(torch.zeros(2), { covariance_matrix: torch.eye(2) }).rsample(),
    kl_divergence(normal, new Normal(1, 2)),
    String(normal),
  ]
})
await record('diffusion', () => {
  const scheduler = new torch.diffusion.NoiseScheduler()
  return [Object.keys(scheduler), new torch.diffusion.Model()(torch.rand(1, 3, 8, 8), torch.tensor([3]))]
})
await record('testing', () => {
  torch.testing.assert_close(x, x.clone())
  torch.testing.assert_close({ a: x }, { a: x.clone() })
  return torch.testing.make_tensor([2], { dtype: torch.float32, device: 'cpu' }).shape
})
await record('call_async', async () => {
  const model = new nn.Linear(2, 1)
  return [await model.call_async(torch.ones(1, 2)), await torch.ones(2).add_async?.(1)]
})
await record('library', () => {
  const library = new torch.library.Library('own_keys', 'DEF')
  library.define('constructor(Tensor x, *, float dim=2.0) -> Tensor')
  library.impl(
    'constructor',
    (t, options) => t.mul(typeof options === 'object' ? options.dim : (options ?? 2)),
    'CPU',
  )
  return [torch.ops.own_keys.constructor(x), torch.ops.own_keys.constructor(x, { dim: 3 })]
})
await record('tensorboard', () => {
  const writer = new utils.tensorboard.SummaryWriter(file('board'))
  writer.add_scalar('loss', 0.5, 1)
  writer.add_hparams({ lr: 0.1 }, { 'hparam/loss': 0.5 })
  writer.close()
  return readdirSync(file('board')).length > 0
})
await record('versions', () => [torch.version, torch.finfo(torch.float32), torch.get_num_threads()])
