import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'
import { live_torch } from '../helpers/python.js'

const S = torch.optim.lr_scheduler
type Spec = [name: string, args: Record<string, unknown>]
interface Case {
  s: Spec
  adam?: boolean
  tensor?: boolean
  steps?: number
  metrics?: number[]
  epochs?: number[]
  lr?: number
}
type AnySchedule = torch.optim.lr_scheduler.LRScheduler & { step(value?: number): void }

const live = live_torch()
const functions: Record<string, (x: number) => number> = {
  inverse: (e) => 1 / (e + 1),
  constant: () => 0.95,
  root: (x) => 0.5 / (x + 1),
}

function revive(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return 'fn' in value ? functions[String(value.fn)] : torch.tensor((value as { t: number }).t)
}

function make(optimizer: torch.optim.Optimizer, [name, args]: Spec): AnySchedule {
  const inner = () => (args['schedulers'] as Spec[]).map((spec) => make(optimizer, spec))
  if (name === 'SequentialLR') return new S.SequentialLR(optimizer, inner(), args['milestones'] as number[])
  if (name === 'ChainedScheduler') return new S.ChainedScheduler(inner())
  const classes = { ...S, SWALR: torch.optim.swa_utils.SWALR } as unknown as Record<
    string,
    new (
      optimizer: torch.optim.Optimizer,
      options: object,
    ) => AnySchedule
  >
  return new classes[name]!(
    optimizer,
    Object.fromEntries(Object.entries(args).map(([key, value]) => [key, revive(value)])),
  )
}

function state_of(value: unknown): unknown {
  if (value instanceof torch.Tensor) return value.item()
  if (typeof value === 'function') return null
  if (Array.isArray(value)) return value.map(state_of)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, state_of(item)]))
  if (value === Number.POSITIVE_INFINITY) return 'inf'
  return value === Number.NEGATIVE_INFINITY ? '-inf' : value
}

const leaf = () => torch.zeros(1, { requires_grad: true })

function run(given: Case): unknown {
  const { adam = false, steps = 25 } = given
  const rates = [given.lr ?? 0.05, 0.02].map((lr) =>
    given.tensor ? torch.tensor(lr, { dtype: torch.float64 }) : lr,
  )
  const groups = rates.map((lr) => ({ params: [leaf()], lr }))
  const optimizer = adam ? new torch.optim.Adam(groups) : new torch.optim.SGD(groups, { momentum: 0.9 })
  const scheduler = make(optimizer as torch.optim.Optimizer, given.s)
  const out: unknown[] = []
  try {
    for (let step = 0; step < steps; step++) {
      out.push(
        optimizer.param_groups.map((group) => [
          Number(group.lr),
          'betas' in group ? group.betas[0] : (group as { momentum: number }).momentum,
        ]),
      )
      optimizer.step()
      scheduler.step(given.metrics?.[step] ?? given.epochs?.[step])
    }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    out.push([error.name, error.message])
  }
  return { steps: out, last: state_of(scheduler.get_last_lr()), state: state_of(scheduler.state_dict()) }
}

function error(spec: Spec): unknown {
  const optimizer = new torch.optim.SGD([{ params: [leaf()] }, { params: [leaf()] }], { lr: 0.1 })
  try {
    make(optimizer as unknown as torch.optim.Optimizer, spec)
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown
    return [thrown.name, thrown.message.split('\n')[0]]
  }
  return null
}

function python<C>(cases: C[]): unknown[] {
  const script = fileURLToPath(new URL('lr_scheduler.py', import.meta.url))
  const { status, stdout, stderr } = spawnSync(live!.python, [script], {
    env: live!.env,
    encoding: 'utf8',
    input: JSON.stringify(cases),
  })
  if (status !== 0) throw new Error(`Python failed: ${stderr}`)
  return JSON.parse(stdout) as unknown[]
}

const metrics = Array.from({ length: 25 }, (_, i) => 1 / (1 + Math.min(i, 4)))
const epochs = [0, 0.5, 1, 3, 7, 12.25, 20, 21, 22, 23, 40]

const cases: Case[] = [
  { s: ['LambdaLR', { lr_lambda: { fn: 'inverse' } }] },
  { s: ['MultiplicativeLR', { lr_lambda: { fn: 'constant' } }] },
  { s: ['StepLR', { step_size: 4, gamma: 0.5 }] },
  { s: ['MultiStepLR', { milestones: [3, 7, 7, 15] }] },
  { s: ['ConstantLR', {}] },
  { s: ['LinearLR', { start_factor: 0.25, end_factor: 0.75, total_iters: 7 }] },
  { s: ['ExponentialLR', { gamma: 0.9 }] },
  { s: ['PolynomialLR', { total_iters: 10, power: 2.5 }] },
  { s: ['CosineAnnealingLR', { T_max: 6, eta_min: 0.001 }] },
  { s: ['CosineAnnealingWarmRestarts', { T_0: 3, T_mult: 2, eta_min: 0.001 }] },
  { s: ['CosineAnnealingWarmRestarts', { T_0: 4 }] },
  { s: ['CosineAnnealingWarmRestarts', { T_0: 3, T_mult: 2 }], epochs, steps: epochs.length },
  { s: ['CyclicLR', { base_lr: 0.01, max_lr: 0.1, step_size_up: 4, step_size_down: 3 }] },
  { s: ['CyclicLR', { base_lr: [0.01, 0.02], max_lr: 0.1, step_size_up: 3, mode: 'triangular2' }] },
  {
    s: ['CyclicLR', { base_lr: 0.01, max_lr: 0.1, step_size_up: 3, mode: 'exp_range', gamma: 0.95 }],
    adam: true,
  },
  {
    s: [
      'CyclicLR',
      { base_lr: 0.01, max_lr: 0.1, step_size_up: 3, scale_fn: { fn: 'root' }, cycle_momentum: false },
    ],
  },
  { s: ['OneCycleLR', { max_lr: 0.1, total_steps: 20 }] },
  {
    s: [
      'OneCycleLR',
      { max_lr: [0.1, 0.2], epochs: 4, steps_per_epoch: 6, three_phase: true, anneal_strategy: 'linear' },
    ],
    adam: true,
  },
  { s: ['ReduceLROnPlateau', { patience: 3, factor: 0.5, cooldown: 2 }], metrics },
  {
    s: ['ReduceLROnPlateau', { mode: 'max', patience: 1, threshold_mode: 'abs', min_lr: [0.01, 0.005] }],
    metrics,
  },
  {
    s: [
      'SequentialLR',
      {
        schedulers: [
          ['LinearLR', { start_factor: 0.1, total_iters: 5 }],
          ['ExponentialLR', { gamma: 0.9 }],
          ['CosineAnnealingLR', { T_max: 5 }],
        ],
        milestones: [5, 12],
      },
    ],
  },
  {
    s: [
      'ChainedScheduler',
      {
        schedulers: [
          ['ConstantLR', { factor: 0.5, total_iters: 4 }],
          ['ExponentialLR', { gamma: 0.9 }],
        ],
      },
    ],
  },
  { s: ['SWALR', { swa_lr: 0.005, anneal_epochs: 7 }] },
  { s: ['SWALR', { swa_lr: [0.005, 0.001], anneal_epochs: 5, anneal_strategy: 'linear' }] },
  { s: ['ExponentialLR', { gamma: 0.9 }], tensor: true },
  { s: ['CosineAnnealingLR', { T_max: 6, eta_min: 0.001 }], tensor: true },
  { s: ['StepLR', { step_size: 4, gamma: 0.5 }], epochs: [0, 3, 9, 2, 14], steps: 5 },
  { s: ['MultiStepLR', { milestones: [3, 7, 7, 15] }], epochs: [0, 3, 9, 2, 20], steps: 5 },
  { s: ['PolynomialLR', { total_iters: 10, power: 2.5 }], epochs: [0, 3, 9, 2, 20], steps: 5 },
]

const refused: Spec[] = [
  ['LambdaLR', { lr_lambda: [] }],
  ['ConstantLR', { factor: 1.5 }],
  ['LinearLR', { start_factor: 0.0 }],
  ['LinearLR', { end_factor: 1.5 }],
  ['CosineAnnealingWarmRestarts', { T_0: 0 }],
  ['CosineAnnealingWarmRestarts', { T_0: 2, T_mult: 0 }],
  ['CyclicLR', { base_lr: [0.1], max_lr: 0.5 }],
  ['CyclicLR', { base_lr: 0.1, max_lr: 0.5, mode: 'other' }],
  ['OneCycleLR', { max_lr: 0.1 }],
  ['OneCycleLR', { max_lr: 0.1, total_steps: -2 }],
  ['OneCycleLR', { max_lr: 0.1, total_steps: 5, pct_start: 1.5 }],
  ['OneCycleLR', { max_lr: 0.1, total_steps: 5, anneal_strategy: 'other' }],
  ['ReduceLROnPlateau', { factor: 1.5 }],
  ['ReduceLROnPlateau', { min_lr: [0.1] }],
  ['ReduceLROnPlateau', { mode: 'other' }],
  ['StepLR', { step_size: 2, last_epoch: 3 }],
  ['SWALR', { swa_lr: 0.1, anneal_strategy: 'other' }],
  ['SWALR', { swa_lr: [0.1] }],
  ['SequentialLR', { schedulers: [['ConstantLR', {}]], milestones: [2] }],
  ['ChainedScheduler', { schedulers: [] }],
]

describe.skipIf(!live)('schedules, as in a live Python', () => {
  it('every schedule: rates, momenta and state', () => {
    const expected = python(cases)
    cases.forEach((given, i) => {
      expect(run(given), JSON.stringify(given)).toEqual(expected[i])
    })
  }, 60_000)

  it('what constructors refuse, in the same words', () => {
    const expected = python(refused.map((spec) => ({ error: spec })))
    refused.forEach((spec, i) => {
      expect(error(spec), JSON.stringify(spec)).toEqual(expected[i])
    })
  }, 60_000)
})

describe('LRScheduler', () => {
  it('goes on from its state', () => {
    const optimizer = new torch.optim.SGD([leaf()], { lr: 0.1 })
    const first = new S.StepLR(optimizer, 2)
    for (let i = 0; i < 3; i++) {
      optimizer.step()
      first.step()
    }
    const other = new torch.optim.SGD([leaf()], { lr: 0.1 })
    const second = new S.StepLR(other, 5)
    second.load_state_dict(first.state_dict())
    expect([second.last_epoch, second.step_size, second.get_last_lr()]).toEqual([3, 2, first.get_last_lr()])
    expect(second.optimizer).toBe(other)
  })

  it('refuses what is no optimizer', () => {
    expect(() => new S.StepLR({} as never, 2)).toThrow('Object is not an Optimizer')
  })

  it('warns where a schedule steps first', async () => {
    const optimizer = new torch.optim.SGD([leaf()], { lr: 0.1 })
    const scheduler = new S.ExponentialLR(optimizer, 0.5)
    const warned = new Promise<Error>((resolve) => {
      const listen = (warning: Error) => {
        if (!warning.message.startsWith('Detected call')) return
        process.off('warning', listen)
        resolve(warning)
      }
      process.on('warning', listen)
    })
    scheduler.step()
    expect((await warned).message).toContain(
      'Detected call of `lr_scheduler.step()` before `optimizer.step()`.',
    )
  })
})
