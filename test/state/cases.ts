// Everything that has a state, in some setting: what table.ts and table.py make, step by step, in both languages.

/** How Python and this library make the same thing. */
export interface Case {
  /** Unlike all others. */
  readonly name: string
  /** The class as it is exported. */
  readonly of: string
  readonly kind: 'optimizer' | 'schedule' | 'scaler' | 'generator' | 'averaged' | 'ours'
  readonly args?: Readonly<Record<string, unknown>>
  /** What a schedule's optimizer is. */
  readonly optimizer?: 'SGD' | 'Adam'
  /** The parameters' kind. */
  readonly params?: 'dense' | 'matrix' | 'sparse' | 'bfloat16'
  /** What a schedule's `step` is given. */
  readonly step?: 'metric' | 'epoch'
}

const optimizer = (of: string, args: Case['args'] = {}, params: Case['params'] = 'dense'): Case => ({
  name: `${of} ${JSON.stringify(args)} ${params}`,
  of: `optim.${of}`,
  kind: 'optimizer',
  args,
  params,
})

const schedule = (of: string, args: NonNullable<Case['args']>, more: Partial<Case> = {}): Case => ({
  name: `${of} ${JSON.stringify(args)} ${JSON.stringify(more)}`,
  of: of === 'SWALR' ? 'optim.swa_utils.SWALR' : `optim.lr_scheduler.${of}`,
  kind: 'schedule',
  args,
  ...more,
})

const ours = (of: string, name = of): Case => ({ name, of, kind: 'ours' })

export const CASES: readonly Case[] = [
  optimizer('SGD', { lr: 0.1, momentum: 0.9, nesterov: true, weight_decay: 0.01 }),
  optimizer('SGD', { lr: 0.1, momentum: 0.5, dampening: 0.1 }, 'bfloat16'),
  optimizer('SGD', { lr: 0.1 }),
  optimizer('Adam', { lr: 0.01, amsgrad: true }),
  optimizer('Adam', { lr: 0.01, betas: [0.8, 0.9], maximize: true }, 'bfloat16'),
  optimizer('Adam', { lr: { t: 0.01 }, weight_decay: 0.1, capturable: false }),
  optimizer('AdamW', { lr: 0.01 }),
  optimizer('AdamW', { lr: 0.01, fused: true }),
  optimizer('Adamax', { lr: 0.01 }),
  optimizer('NAdam', { lr: 0.01, decoupled_weight_decay: true, weight_decay: 0.1 }),
  optimizer('RAdam', { lr: 0.01 }),
  optimizer('Adagrad', { lr: 0.1, lr_decay: 0.01, initial_accumulator_value: 1 }),
  optimizer('Adadelta', { lr: 1 }),
  optimizer('Adafactor', { lr: 0.1 }, 'matrix'),
  optimizer('ASGD', { lr: 0.1, t0: 3 }),
  optimizer('Rprop', { lr: 0.1 }),
  optimizer('RMSprop', { lr: 0.01, momentum: 0.9, centered: true }),
  optimizer('SparseAdam', { lr: 0.1 }, 'sparse'),
  optimizer('Muon', { lr: 0.1 }, 'matrix'),
  optimizer('LBFGS', { lr: 1, max_iter: 3, history_size: 2 }),
  optimizer('LBFGS', { lr: 0.5, max_iter: 4, line_search_fn: 'strong_wolfe' }),
  schedule('StepLR', { step_size: 3, gamma: 0.5 }),
  schedule('MultiStepLR', { milestones: [4, 9, 9, 15], gamma: 0.5 }),
  schedule('MultiStepLR', { milestones: [18, 3, 10], gamma: 0.5 }, { optimizer: 'Adam' }),
  schedule('MultiStepLR', { milestones: [2, 9, 16], gamma: 0.1 }, { step: 'epoch' }),
  schedule('ExponentialLR', { gamma: 0.9 }),
  schedule('ConstantLR', { factor: 0.1, total_iters: 10 }),
  schedule('LinearLR', { start_factor: 0.1, total_iters: 12 }),
  schedule('PolynomialLR', { total_iters: 15, power: 2 }),
  schedule('CosineAnnealingLR', { T_max: 9, eta_min: 0.001 }),
  schedule('CosineAnnealingWarmRestarts', { T_0: 3, T_mult: 2 }),
  schedule('LambdaLR', { lr_lambda: { fn: 'inverse' } }),
  schedule('MultiplicativeLR', { lr_lambda: { fn: 'constant' } }),
  schedule('CyclicLR', { base_lr: 0.01, max_lr: 0.1, step_size_up: 3, mode: 'triangular2' }),
  schedule(
    'CyclicLR',
    { base_lr: 0.01, max_lr: 0.1, step_size_up: 4, mode: 'exp_range', gamma: 0.9 },
    { optimizer: 'Adam' },
  ),
  schedule('CyclicLR', { base_lr: 0.01, max_lr: 0.1, step_size_up: 3, scale_fn: { fn: 'root' } }),
  schedule('OneCycleLR', { max_lr: 0.3, total_steps: 30 }),
  schedule(
    'OneCycleLR',
    { max_lr: [0.3, 0.1], total_steps: 25, three_phase: true, anneal_strategy: 'linear' },
    { optimizer: 'Adam' },
  ),
  schedule('ReduceLROnPlateau', { patience: 1, cooldown: 1 }, { step: 'metric' }),
  schedule(
    'ReduceLROnPlateau',
    { mode: 'max', patience: 2, threshold_mode: 'abs', min_lr: [0.001, 0.002] },
    { step: 'metric' },
  ),
  schedule('SequentialLR', {
    schedulers: [
      ['ConstantLR', { factor: 0.1, total_iters: 4 }],
      ['MultiStepLR', { milestones: [2, 5, 9], gamma: 0.5 }],
    ],
    milestones: [5],
  }),
  schedule('ChainedScheduler', {
    schedulers: [
      ['MultiStepLR', { milestones: [10, 3], gamma: 0.5 }],
      ['ExponentialLR', { gamma: 0.9 }],
    ],
  }),
  schedule('SWALR', { swa_lr: 0.05, anneal_epochs: 12 }),
  schedule(
    'SWALR',
    { swa_lr: [0.05, 0.01], anneal_epochs: 9, anneal_strategy: 'linear' },
    { optimizer: 'Adam' },
  ),
  { name: 'GradScaler', of: 'GradScaler', kind: 'scaler', args: { init_scale: 1024, growth_interval: 3 } },
  {
    name: 'GradScaler of other factors',
    of: 'GradScaler',
    kind: 'scaler',
    args: { init_scale: 64.5, growth_factor: 1.5, backoff_factor: 0.3, growth_interval: 2 },
  },
  { name: 'Generator', of: 'Generator', kind: 'generator' },
  {
    name: 'AveragedModel',
    of: 'optim.swa_utils.AveragedModel',
    kind: 'averaged',
    args: { use_buffers: false },
  },
  {
    name: 'AveragedModel with buffers',
    of: 'optim.swa_utils.AveragedModel',
    kind: 'averaged',
    args: { use_buffers: true, decay: 0.9 },
  },
  ours('cpu.amp.GradScaler'),
  ours('cuda.amp.GradScaler'),
  ours('EMA'),
  ours('EMA', 'EMA that warms up, every third step'),
  ours('Trainer'),
  ours('Trainer', 'Trainer by epoch'),
  ours('optim.Optimizer', 'an optimizer of the user'),
  ours('optim.lr_scheduler.LRScheduler', 'a schedule of the user'),
  ours('utils.data.DataLoader', 'DataLoader in order'),
  ours('utils.data.DataLoader', 'DataLoader that shuffles'),
  ours('utils.data.DataLoader', 'DataLoader with a weighted sampler and its generator'),
  ours('utils.data.DataLoader', 'DataLoader with a batch sampler'),
  ours('utils.data.DataLoader', 'DataLoader over a dataset with a state'),
  ours('utils.data.DataLoader', 'DataLoader over a stream'),
  ours('utils.data.DataLoader', 'DataLoader with workers'),
  ours('utils.data.DistributedSampler'),
]
