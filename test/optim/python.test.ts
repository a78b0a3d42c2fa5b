import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import * as torch from 'typetorch'
import { describe, expect, it, onTestFinished } from 'vitest'
import { live_torch } from '../helpers/python.js'

interface Case {
  name: string
  options: Record<string, unknown>
  kind?: 'dense' | 'complex' | 'bfloat16' | 'sparse' | 'matrix' | 'error'
  steps?: number
}
type AnyOptimizer = torch.optim.Optimizer & { step(closure?: () => unknown): unknown }
type AnyClass = new (params: torch.Tensor[], options: Record<string, unknown>) => AnyOptimizer

const live = live_torch()
const class_of = (name: string) => (torch.optim as unknown as Record<string, AnyClass>)[name]!

function hexed(value: unknown): unknown {
  if (value instanceof torch.Tensor) {
    let real = value.is_complex() ? torch.view_as_real(value.detach()) : value.detach()
    if (real.dtype === torch.bfloat16) real = real.view(torch.int16)
    const array = real.contiguous().typed_array({ copy: true })
    return Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('hex')
  }
  if (Array.isArray(value)) return value.map(hexed)
  return value
}

function options_of(given: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [
      name,
      typeof value === 'object' && value !== null && 't' in value ? torch.tensor(value.t as number) : value,
    ]),
  )
}

function gradient(kind: string, param: torch.Tensor, step: number): torch.Tensor {
  const dense = torch.randn(param.shape, { dtype: param.dtype })
  if (kind !== 'sparse') return dense
  return torch.sparse_coo_tensor(torch.tensor([[step % 4, 3, 3].map(BigInt)]), torch.randn(3, 3), [4, 3])
}

function run({ name, options, kind = 'dense', steps = 6 }: Case): unknown {
  torch.manual_seed(0)
  const dtype = kind === 'complex' ? torch.complex64 : kind === 'bfloat16' ? torch.bfloat16 : torch.float32
  const shapes =
    kind === 'matrix'
      ? [
          [4, 3],
          [2, 5],
        ]
      : kind === 'sparse'
        ? [[4, 3]]
        : [[4, 3], [5], []]
  const params = shapes.map((shape) => torch.randn(shape, { dtype }).requires_grad_())
  const optimizer = new (class_of(name))(params, options_of(options))
  const out: Record<string, unknown> = { repr: String(optimizer) }
  const closure = () => {
    optimizer.zero_grad()
    const loss = params
      .map((p) => p.mul(p).sub(1).pow(2).sum().add(p.mul(0.5).sum()))
      .reduce((sum, part) => sum.add(part), torch.tensor(0))
    loss.backward()
    return loss
  }
  out['steps'] = Array.from({ length: steps }, (_, step) => {
    if (name === 'LBFGS') return [(optimizer.step(closure) as torch.Tensor).item(), hexed(params)]
    params.forEach((param, i) => {
      const grad = gradient(kind, param, step)
      param.grad = step === 0 && i === 1 && !('fused' in options) ? null : grad
    })
    optimizer.step()
    return hexed(params)
  })
  const state = optimizer.state_dict()
  const entries = Object.entries(state.state)
  out['state'] = Object.fromEntries(entries.map(([key, value]) => [key, Object.keys(value)]))
  out['state_values'] = Object.fromEntries(
    entries.map(([key, value]) => [
      key,
      Object.fromEntries(
        Object.entries(value).flatMap(([n, v]) => (v instanceof torch.Tensor ? [[n, hexed(v)]] : [])),
      ),
    ]),
  )
  out['groups'] = state.param_groups.map((group) => Object.keys(group))
  return out
}

function error({ name, options }: Case): unknown {
  try {
    ;new (class_of(name))([torch.zeros(2, 2, { requires_grad: true })], options_of(options))
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown
    return [thrown.name, thrown.message]
  }
  return null
}

function compare(cases: Case[]): void {
  const threads = torch.get_num_threads()
  torch.set_num_threads(1)
  onTestFinished(() => torch.set_num_threads(threads))
  const script = fileURLToPath(new URL('reference.py', import.meta.url))
  const { status, stdout, stderr } = spawnSync(live!.python, [script], {
    env: live!.env,
    encoding: 'utf8',
    input: JSON.stringify(cases),
  })
  if (status !== 0) throw new Error(`Python failed: ${stderr}`)
  const expected = JSON.parse(stdout) as unknown[]
  cases.forEach((given, i) => {
    expect(given.kind === 'error' ? error(given) : run(given), JSON.stringify(given)).toEqual(expected[i])
  })
}

const common = (name: string, more: Record<string, unknown>[] = []): Case[] => [
  { name, options: {} },
  { name, options: { lr: 0.05, weight_decay: 0.125, maximize: true } },
  { name, options: { lr: { t: 0.05 } } },
  { name, options: {}, kind: 'complex' },
  { name, options: { lr: 0.05, weight_decay: 0.125 }, kind: 'bfloat16' },
  ...more.map((options) => ({ name, options })),
]

describe.skipIf(!live)('optimizers, bit for bit as in a live Python', () => {
  const decoupled = { weight_decay: 0.125, decoupled_weight_decay: true }
  const families: Record<string, Case[]> = {
    Adadelta: common('Adadelta', [{ rho: 0.75, eps: 1e-5 }]),
    Adafactor: [
      { name: 'Adafactor', options: {} },
      {
        name: 'Adafactor',
        options: { lr: 0.5, weight_decay: 0.125, eps: [1e-8, 0.01], d: 1.5, maximize: true },
      },
    ],
    Adagrad: [
      ...common('Adagrad', [
        { lr_decay: 0.1, initial_accumulator_value: 0.5, eps: 1e-6 },
        { lr: 0.05, fused: true, weight_decay: 0.125 },
      ]),
      { name: 'Adagrad', options: { lr: 0.05 }, kind: 'sparse' },
    ],
    Adamax: common('Adamax', [{ betas: [0.75, 0.95], eps: 1e-5 }]),
    ASGD: common('ASGD', [{ t0: 2.5, lambd: 0.01, alpha: 0.5 }]),
    Adam: [
      { name: 'Adam', options: {}, kind: 'bfloat16' },
      { name: 'Adam', options: { lr: { t: 0.05 }, amsgrad: true }, kind: 'bfloat16' },
      { name: 'Adam', options: { foreach: true, weight_decay: 0.125 }, kind: 'bfloat16' },
    ],
    AdamW: [{ name: 'AdamW', options: { lr: 0.05, weight_decay: 0.125 }, kind: 'bfloat16' }],
    LBFGS: [
      { name: 'LBFGS', options: {}, steps: 2 },
      { name: 'LBFGS', options: { lr: 0.1, max_iter: 5, history_size: 3 }, steps: 4 },
      { name: 'LBFGS', options: { line_search_fn: 'strong_wolfe' }, steps: 3 },
      { name: 'LBFGS', options: { lr: 0.5, line_search_fn: 'strong_wolfe', max_iter: 4 }, steps: 4 },
    ],
    Muon: [
      { name: 'Muon', options: {}, kind: 'matrix' },
      {
        name: 'Muon',
        options: { lr: 0.05, nesterov: false, adjust_lr_fn: 'match_rms_adamw', ns_steps: 3 },
        kind: 'matrix',
      },
    ],
    NAdam: common('NAdam', [{ betas: [0.75, 0.95], momentum_decay: 0.01 }, decoupled]),
    RAdam: common('RAdam', [{ betas: [0.75, 0.95] }, { betas: [0.5, 0.99] }, decoupled]),
    RMSprop: common('RMSprop', [
      { alpha: 0.9, momentum: 0.5 },
      { centered: true },
      { centered: true, momentum: 0.9, eps: 1e-5 },
    ]),
    Rprop: [
      { name: 'Rprop', options: {} },
      { name: 'Rprop', options: { lr: 0.05, etas: [0.25, 1.5], step_sizes: [0.001, 0.075], maximize: true } },
      { name: 'Rprop', options: {}, kind: 'complex' },
      { name: 'Rprop', options: {}, kind: 'bfloat16' },
    ],
    SGD: [
      ...common('SGD', [
        { momentum: 0.9 },
        { momentum: 0.9, dampening: 0.5 },
        { momentum: 0.9, nesterov: true, weight_decay: 0.01 },
        { momentum: 0.9, nesterov: true, maximize: true },
        { momentum: 0.9, weight_decay: 0.01, foreach: true },
        { momentum: 0.9, foreach: true, nesterov: true, weight_decay: 0.01, maximize: true },
        { lr: 0.05, momentum: 0.9, fused: true },
      ]),
      { name: 'SGD', options: { lr: 0.05 }, kind: 'sparse' },
      { name: 'SGD', options: { lr: 0.05, momentum: 0.9 }, kind: 'bfloat16' },
      { name: 'SGD', options: { lr: 0.05, momentum: 0.9, foreach: true }, kind: 'bfloat16' },
    ],
    SparseAdam: [
      { name: 'SparseAdam', options: {}, kind: 'sparse' },
      { name: 'SparseAdam', options: { lr: 0.05, betas: [0.75, 0.95], maximize: true }, kind: 'sparse' },
    ],
  }
  it.each(Object.keys(families))('%s: six steps, state and text', (name) => compare(families[name]!), 60_000)

  it('what constructors refuse, in the same words', () => {
    const cases: [string, Record<string, unknown>][] = [
      ...Object.keys(families).map((name): [string, Record<string, unknown>] => [name, { lr: -0.5 }]),
      ['SGD', { momentum: -0.5 }],
      ['SGD', { weight_decay: -0.5 }],
      ['SGD', { nesterov: true }],
      ['SGD', { fused: true, foreach: true }],
      ['SGD', { lr: { t: [0.5, 0.25] } }],
      ['Adadelta', { rho: 1.5 }],
      ['Adadelta', { eps: -0.5 }],
      ['Adagrad', { lr_decay: -0.5 }],
      ['Adagrad', { initial_accumulator_value: -0.5 }],
      ['Adamax', { betas: [1.5, 0.5] }],
      ['NAdam', { momentum_decay: -0.5 }],
      ['RMSprop', { alpha: -0.5 }],
      ['Rprop', { etas: [1.5, 0.5] }],
      ['Adafactor', { beta2_decay: 0.5 }],
      ['Adafactor', { eps: [-0.5, 0.5] }],
      ['Adafactor', { d: 0.5 }],
      ['Muon', { momentum: -0.5 }],
      ['Muon', { adjust_lr_fn: 'other' }],
      ['SparseAdam', { eps: 0.0 }],
    ]
    compare(cases.map(([name, options]) => ({ name, options, kind: 'error' as const })))
  }, 60_000)
})
