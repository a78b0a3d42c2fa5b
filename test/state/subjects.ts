import * as torch from 'typetorch'
import type { Case } from './cases.js'
import { ours } from './ours.js'

/** Something that goes on step by step, from a state too. */
export interface Subject {
  /** What is seen after a step, to the bit. */
  step(i: number): unknown
  state(): unknown
  load(state: never): void
}

type Params = torch.Tensor[]
type AnyClass = new (...args: unknown[]) => object
type AnyOptimizer = torch.optim.Optimizer & { step(closure?: () => unknown): unknown }
type Schedule = torch.optim.lr_scheduler.LRScheduler & { step(value?: unknown): void }

/** The bytes of tensors and numbers as text. */
export function bits(value: unknown): unknown {
  if (typeof value === 'number') return Buffer.from(Float64Array.of(value).buffer).toString('hex')
  if (value instanceof torch.Tensor) {
    const flat = value.detach().contiguous().reshape(-1).view(torch.uint8)
    return Buffer.from(flat.typed_array({ copy: true }) as Uint8Array).toString('hex')
  }
  return Array.isArray(value) ? value.map(bits) : value
}

export function class_at(path: string): AnyClass {
  let found: unknown = torch
  for (const name of path.split('.')) found = (found as Record<string, unknown>)[name]
  return found as AnyClass
}

const SHAPES = {
  dense: [[4, 3], [5], []],
  bfloat16: [[4, 3], [5]],
  matrix: [
    [4, 3],
    [2, 5],
  ],
  sparse: [
    [4, 3],
    [4, 3],
  ],
}

function make_params(kind: NonNullable<Case['params']>): Params {
  torch.manual_seed(0)
  const dtype = kind === 'bfloat16' ? torch.bfloat16 : torch.float32
  return SHAPES[kind].map((shape) => torch.randn(shape, { dtype }).requires_grad_())
}

function gradient(kind: string, param: torch.Tensor): torch.Tensor {
  if (kind !== 'sparse') return torch.randn(param.shape, { dtype: param.dtype })
  return torch.sparse_coo_tensor(torch.tensor([[0n, 3n, 3n]]), torch.randn(3, 3), [4, 3])
}

function put(params: Params, values: Params): void {
  torch.no_grad(() => {
    params.forEach((param, i) => void param.copy_(values[i]!))
  })
}

function revive(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if ('t' in value) return torch.tensor(value.t as number)
  if (!('fn' in value)) return value
  const functions: Record<string, (x: number) => number> = {
    inverse: (epoch) => 1 / (epoch + 1),
    constant: () => 0.95,
    root: (x) => 0.5 / (x + 1),
  }
  return functions[value.fn as string]
}

const options_of = (args: object) =>
  Object.fromEntries(Object.entries(args).map(([name, value]) => [name, revive(value)]))

function optimizer_subject({ of, args = {}, params: kind = 'dense' }: Case): Subject {
  const params = make_params(kind)
  // Two groups, where there may be two.
  const given = of === 'optim.LBFGS' ? params : [{ params: params.slice(0, 1) }, { params: params.slice(1) }]
  const optimizer = new (class_at(of))(given, options_of(args)) as AnyOptimizer
  const closure = () => {
    optimizer.zero_grad()
    const loss = params
      .map((p) => p.mul(p).sub(1).pow(2).sum().add(p.mul(0.5).sum()))
      .reduce((sum, part) => sum.add(part), torch.tensor(0))
    loss.backward()
    return loss
  }
  return {
    step(i) {
      torch.manual_seed(100 + i)
      if (of === 'optim.LBFGS') optimizer.step(closure)
      else {
        for (const param of params) param.grad = gradient(kind, param)
        optimizer.step()
      }
      return bits(params)
    },
    state: () => ({ optimizer: optimizer.state_dict(), params: params.map((param) => param.detach()) }),
    load(state: { optimizer: torch.optim.OptimizerStateDict; params: Params }) {
      optimizer.load_state_dict(state.optimizer)
      put(params, state.params)
    },
  }
}

type Named = readonly [name: string, args: Record<string, unknown>]

function make_schedule(
  of: string,
  optimizer: torch.optim.Optimizer,
  args: Record<string, unknown>,
): Schedule {
  const parts = (args['schedulers'] as Named[] | undefined)?.map(([name, own]) =>
    make_schedule(`optim.lr_scheduler.${name}`, optimizer, own),
  )
  const made = class_at(of)
  if (of.endsWith('SequentialLR')) return new made(optimizer, parts, args['milestones']) as Schedule
  if (of.endsWith('ChainedScheduler')) return new made(parts) as Schedule
  return new made(optimizer, options_of(args)) as Schedule
}

const METRICS = [5, 4, 4, 4, 4, 3, 3, 3.5, 3, 3, 3, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1]

function schedule_subject({ of, args = {}, optimizer: kind = 'SGD', step }: Case): Subject {
  const groups = [0.05, 0.02].map((lr) => ({ params: [torch.zeros([1], { requires_grad: true })], lr }))
  const optimizer: torch.optim.Optimizer =
    kind === 'Adam' ? new torch.optim.Adam(groups) : new torch.optim.SGD(groups, { momentum: 0.9 })
  const schedule = make_schedule(of, optimizer, args)
  return {
    step(i) {
      ;(optimizer as AnyOptimizer).step()
      if (step === 'metric') schedule.step(METRICS[i])
      else if (step === 'epoch') schedule.step(i + 1)
      else schedule.step()
      return bits(
        optimizer.param_groups.map((group) => {
          const { lr, momentum, betas } = group as unknown as {
            lr: number
            momentum?: number
            betas?: number[]
          }
          return [Number(lr), momentum ?? betas![0]]
        }),
      )
    },
    state: () => ({ optimizer: optimizer.state_dict(), schedule: schedule.state_dict() }),
    load(state: { optimizer: torch.optim.OptimizerStateDict; schedule: Record<string, unknown> }) {
      optimizer.load_state_dict(state.optimizer)
      schedule.load_state_dict(state.schedule)
    },
  }
}

export function scaler_subject(scaler: torch.GradScaler): Subject {
  const param = torch.ones([3], { requires_grad: true })
  const optimizer = new torch.optim.SGD([param], { lr: 0.1, momentum: 0.9 })
  return {
    step(i) {
      scaler.scale(param.sum()).backward()
      torch.manual_seed(i)
      // Two in seven are infinite.
      param.grad = torch.randn(3).mul(scaler.get_scale())
      if (i % 7 === 2 || i % 7 === 3) param.grad = param.grad.div(0)
      scaler.step(optimizer)
      scaler.update()
      return bits([param, scaler.get_scale()])
    },
    state: () => ({ scaler: scaler.state_dict(), optimizer: optimizer.state_dict(), param: param.detach() }),
    load(state: {
      scaler: ReturnType<torch.GradScaler['state_dict']>
      optimizer: torch.optim.OptimizerStateDict
      param: torch.Tensor
    }) {
      scaler.load_state_dict(state.scaler)
      optimizer.load_state_dict(state.optimizer)
      put([param], [state.param])
    },
  }
}

function generator_subject(): Subject {
  const generator = new torch.Generator().manual_seed(3)
  return {
    step: () =>
      bits([
        torch.randn([3], { generator }),
        torch.randperm(5, { generator }),
        torch.ones(3).normal_({ generator }),
        torch.randint(0, 1000, [2], { generator }),
      ]),
    state: () => generator.get_state(),
    load(state: torch.Tensor) {
      generator.set_state(state)
    },
  }
}

function averaged_subject({ args = {} }: Case): Subject {
  torch.manual_seed(0)
  const model = new torch.nn.Sequential(new torch.nn.Linear(3, 2), new torch.nn.BatchNorm1d(2))
  const { use_buffers, decay } = args as { use_buffers: boolean; decay?: number }
  const averaging =
    decay === undefined ? {} : { multi_avg_fn: torch.optim.swa_utils.get_ema_multi_avg_fn(decay) }
  const averaged = new torch.optim.swa_utils.AveragedModel(model, { use_buffers, ...averaging })
  return {
    step(i) {
      torch.manual_seed(200 + i)
      model(torch.randn(4, 3))
      torch.no_grad(() => {
        for (const param of model.parameters()) param.add_(torch.randn(param.shape))
      })
      averaged.update_parameters(model)
      return bits([...averaged.parameters(), ...averaged.buffers()])
    },
    state: () => ({ model: model.state_dict(), averaged: averaged.state_dict() }),
    load(state: {
      model: ReturnType<typeof model.state_dict>
      averaged: ReturnType<typeof model.state_dict>
    }) {
      model.load_state_dict(state.model)
      averaged.load_state_dict(state.averaged)
    },
  }
}

/** Makes what a case says. */
export function subject_of(given: Case): Subject {
  switch (given.kind) {
    case 'optimizer':
      return optimizer_subject(given)
    case 'schedule':
      return schedule_subject(given)
    case 'scaler':
      return scaler_subject(new torch.GradScaler('cpu', options_of(given.args ?? {})))
    case 'generator':
      return generator_subject()
    case 'averaged':
      return averaged_subject(given)
    case 'ours':
      return ours(given)
  }
}
