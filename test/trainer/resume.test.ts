import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as torch from 'typetorch'
import { load_checkpoint, Trainer, type TrainerOptions, type TrainerStateDict } from 'typetorch'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { differences } from '../../scripts/torture/compare.mjs'

const { nn } = torch
const { DataLoader, TensorDataset } = torch.utils.data

const root = mkdtempSync(join(tmpdir(), 'typetorch-resume-'))
const threads_before = torch.get_num_threads()
beforeAll(() => torch.set_num_threads(1))
afterAll(() => {
  torch.set_num_threads(threads_before)
  rmSync(root, { recursive: true })
})
let folders = 0
const new_folder = () => join(root, `folder-${folders++}`)

type Data = 'loader' | 'workers' | 'array' | 'generator'

function make(options: TrainerOptions = {}, data: Data = 'loader') {
  torch.manual_seed(1)
  const x = torch.randn(22, 4)
  const dataset = new TensorDataset(x, x.sum(1, { keepdim: true }))
  const model = new nn.Sequential(
    new nn.Linear(4, 8),
    new nn.BatchNorm1d(8),
    new nn.Dropout(0.3),
    new nn.Linear(8, 1),
  )
  const optimizer = new torch.optim.AdamW(model.parameters(), { lr: 1e-2 })
  const schedule = new torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 40)
  const scaler = new torch.amp.GradScaler('cpu', { init_scale: 64, growth_interval: 5 })
  const trainer = new Trainer(model, optimizer, {
    schedule,
    scaler,
    ema: { decay: 0.9, warmup: true, update_every: 2 },
    progress: false,
    ...options,
  })
  const loader = new DataLoader(dataset, {
    batch_size: 4,
    shuffle: true,
    num_workers: data === 'workers' ? 1 : 0,
  })
  type Batch = [torch.Tensor, torch.Tensor]
  const batches: Batch[] = [0, 1, 2, 3, 4].map((i) => {
    const part = x.at(`${4 * i}:${4 * i + 4}`)
    return [part, part.sum(1, { keepdim: true })]
  })
  const shuffled = {
    *[Symbol.iterator]() {
      const order = torch.randperm(5).tolist() as number[]
      for (const i of order) yield batches[i]!
    },
  }
  const source =
    data === 'array' ? batches : data === 'generator' ? shuffled : (loader as unknown as Iterable<Batch>)
  const criterion = new nn.MSELoss()
  const step = ([input, target]: Batch) => criterion(model(input.add(torch.randn(4), { alpha: 0.1 })), target)
  return { trainer, fit: () => trainer.fit(source, step), model, source, step }
}

const end_of = ({ trainer }: { trainer: Trainer }) => {
  const { seconds: _, callbacks: __, ...state } = trainer.state_dict()
  return state
}

describe('fit to N is fit to k, another process’s beginning, fit to N', () => {
  test.each([
    ['a shuffled DataLoader', 'loader', 1, 7],
    ['its workers', 'workers', 1, 8],
    ['an array', 'array', 1, 7],
    ['an iterable that draws its order', 'generator', 1, 13],
    ['steps of four batches, left at an epoch’s end', 'loader', 4, 3],
    ['the very beginning of an epoch', 'array', 1, 5],
  ] as const)(
    '%s',
    async (_name, data, accumulate, k) => {
      const whole = make({ max_steps: 17, accumulate }, data)
      const expected = await whole.fit()

      const checkpoints = new_folder()
      const first = make({ max_steps: k, accumulate, checkpoints }, data)
      const before = await first.fit()
      torch.manual_seed(99)
      const second = make({ max_steps: 17, accumulate, checkpoints }, data)
      torch.manual_seed(1234)
      const after = await second.fit()
      expect([...before, ...after]).toEqual(expected)
      expect(new Set(expected).size).toBe(17)
      expect(differences(end_of(whole), end_of(second))).toEqual([])
    },
    120_000,
  )

  test('left within a step of several batches', async () => {
    const whole = make({ max_steps: 9, accumulate: 4 })
    const expected = await whole.fit()
    const checkpoints = new_folder()
    const first = make({ max_steps: 9, accumulate: 4, checkpoints })
    let batches = 0
    const before = await first.trainer.fit(first.source, (batch) => {
      if (++batches === 9) first.trainer.stop()
      return first.step(batch)
    })
    const state = first.trainer.state_dict()
    expect(state.accumulation.batches).toBeGreaterThan(0)
    const second = make({ max_steps: 9, accumulate: 4, checkpoints })
    const after = await second.fit()
    expect([...before, ...after]).toEqual(expected)
    expect(differences(end_of(whole), end_of(second))).toEqual([])
  })

  test('in the same process, after a stop', async () => {
    const whole = make({ max_steps: 15 })
    const expected = await whole.fit()
    const { trainer, source, step } = make({ max_steps: 15 })
    let batches = 0
    const stopping = (batch: Parameters<typeof step>[0]) => {
      if (++batches === 4) trainer.stop()
      return step(batch)
    }
    const before = await trainer.fit(source, stopping)
    expect(before).toHaveLength(4)
    expect([...before, ...(await trainer.fit(source, step))]).toEqual(expected)
    expect(differences(end_of(whole), end_of({ trainer }))).toEqual([])
  })

  test('the first batches over and over', async () => {
    const options = { max_steps: 9, overfit_batches: 2 }
    const whole = make(options)
    const expected = await whole.fit()
    const checkpoints = new_folder()
    const before = await make({ ...options, max_steps: 5, checkpoints }).fit()
    const second = make({ ...options, checkpoints })
    expect([...before, ...(await second.fit())]).toEqual(expected)
    expect(differences(end_of(whole), end_of(second))).toEqual([])
  })
})

describe('a folder of checkpoints', () => {
  const manifest_of = (folder: string) =>
    JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as {
      checkpoints: { file: string; step: number; sha256: string; metrics: Record<string, number> }[]
    }
  const files = (folder: string) => readdirSync(folder).sort()

  test('keeps the last and the best, and nothing else', async () => {
    const folder = new_folder()
    const values = [3, 1, 2, 4, 5, 6]
    const { trainer, source, step, model } = make({
      max_epochs: 6,
      checkpoints: { folder, keep_last: 2, best_by: 'val_score', keep_best: 1 },
    })
    await trainer.fit(source, step, {
      validation: [0],
      validation_step: () => ({ loss: torch.tensor(0.5), score: values[trainer.epoch - 1]! }),
    } as never)
    expect(model.training).toBe(true)
    const { checkpoints } = manifest_of(folder)
    expect(checkpoints.map(({ step, metrics }) => [step, metrics['val_score']])).toEqual([
      [12, 1],
      [30, 5],
      [36, 6],
    ])
    expect(files(folder)).toEqual([
      'manifest.json',
      'step-00000012.pt',
      'step-00000030.pt',
      'step-00000036.pt',
    ])
    expect((await load_checkpoint(folder)).step).toBe(36)
    expect((await load_checkpoint(folder, { best_by: 'val_score' })).step).toBe(12)
    await expect(load_checkpoint(folder, { best_by: 'nothing' })).rejects.toThrow(
      "has no checkpoint with a metric 'nothing'",
    )
  })

  async function three(): Promise<string> {
    const folder = new_folder()
    await make({ max_steps: 9, checkpoints: { folder, every_steps: 3 } }).fit()
    return folder
  }

  test.each([
    ['cut short', (path: string) => truncateSync(path, 1000), /SHA-256/],
    ['of other bytes', (path: string) => writeFileSync(path, 'no checkpoint'), /SHA-256/],
  ])('a newest one that is %s: the one before, and it says so', async (_name, damage, reason) => {
    const expected = make({ max_steps: 12 })
    await expected.fit()
    const folder = await three()
    damage(join(folder, 'step-00000009.pt'))
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const events: unknown[] = []
    const again = make({
      max_steps: 12,
      checkpoints: folder,
      callbacks: [{ on_checkpoint_load: (_trainer, event) => void events.push(event) }],
    })
    const losses = await again.fit()
    const texts = warnings.mock.calls.map(([text]) => String(text))
    warnings.mockRestore()
    expect(losses).toHaveLength(6)
    expect(texts).toHaveLength(1)
    expect(texts[0]).toMatch(
      /checkpoint '.*step-00000009.pt' is damaged: .*; '.*step-00000006.pt' is used instead/,
    )
    expect(texts[0]).toMatch(reason)
    expect(events).toMatchObject([{ step: 6, damaged: [{ path: join(folder, 'step-00000009.pt') }] }])
    expect(files(folder)).toContain('step-00000009.pt.damaged')
    expect(differences(end_of(expected), end_of(again))).toEqual([])
  })

  test('all of them damaged: an Error that names them', async () => {
    const folder = await three()
    for (const file of files(folder)) if (file.endsWith('.pt')) writeFileSync(join(folder, file), '')
    await expect(make({ max_steps: 12, checkpoints: folder }).fit()).rejects.toThrow(
      /^Trainer: no checkpoint in '.*' can be read: '.*step-00000009.pt': .*step-00000003.pt/,
    )
  })

  test('one that names a class that is not allowed is refused, and not set aside as damaged', async () => {
    class Score {
      value = 1
    }
    const folder = new_folder()
    const callbacks = [{ state_dict: () => new Score() }]
    await torch.serialization.safe_globals([[Score, 'scores.Score']], () =>
      make({ max_steps: 6, checkpoints: { folder, every_steps: 3 }, callbacks }).fit(),
    )
    const before = files(folder)
    await expect(make({ max_steps: 9, checkpoints: folder }).fit()).rejects.toThrow(
      'GLOBAL scores.Score was not an allowed global by default',
    )
    expect(files(folder)).toEqual(before)
    await torch.serialization.safe_globals([[Score, 'scores.Score']], async () => {
      expect(await make({ max_steps: 9, checkpoints: folder }).fit()).toHaveLength(3)
    })
  })

  test('without its manifest, or with a damaged one, it is read all the same', async () => {
    const folder = await three()
    rmSync(join(folder, 'manifest.json'))
    const again = make({ max_steps: 12, checkpoints: folder })
    expect(await again.fit()).toHaveLength(3)
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    writeFileSync(join(folder, 'manifest.json'), '{')
    expect(await make({ max_steps: 13, checkpoints: folder }).fit()).toHaveLength(1)
    expect(String(warnings.mock.calls[0]![0])).toMatch(/manifest.json' is damaged/)
    warnings.mockRestore()
  })

  test('one Trainer at a time', async () => {
    const folder = new_folder()
    const first = make({ max_steps: 3, checkpoints: folder })
    const second = make({ max_steps: 3, checkpoints: folder })
    const running = first.fit()
    await expect(second.fit()).rejects.toThrow(
      `Trainer: '${folder}' is in use by another Trainer (process ${process.pid}); two must not write checkpoints to one folder`,
    )
    await running
    expect(existsSync(join(folder, 'trainer.lock'))).toBe(false)
    // What a process that was killed left behind holds nobody up.
    writeFileSync(
      join(folder, 'trainer.lock'),
      JSON.stringify({ ...JSON.parse(lock_of_dead()), pid: 4_194_000 }),
    )
    expect(await make({ max_steps: 4, checkpoints: folder }).fit()).toHaveLength(1)
  })

  const lock_of_dead = () =>
    JSON.stringify({
      started: '1',
      boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
      host: readFileSync('/proc/sys/kernel/hostname', 'utf8').trim(),
    })

  test('of another model, another optimizer, a newer version', async () => {
    const folder = await three()
    const model = new nn.Sequential(
      new nn.Linear(4, 9),
      new nn.BatchNorm1d(9),
      new nn.Tanh(),
      new nn.Linear(9, 1),
    )
    const before = model
      .state_dict()
      .items()
      .map(([, value]) => value.tolist())
    const other = new Trainer(model, new torch.optim.AdamW(model.parameters()), {
      checkpoints: folder,
      progress: false,
    })
    await expect(other.fit([0], () => torch.tensor(0))).rejects.toThrow(
      /^checkpoint '.*step-00000009.pt' does not fit: load_state_dict\(\): the state is of another model: '0.weight' is \[8,4\] there and \[9,4\] here; .*; and 2 more$/,
    )
    expect(
      model
        .state_dict()
        .items()
        .map(([, value]) => value.tolist()),
    ).toEqual(before)

    const same = make()
    const sgd = new Trainer(same.model, new torch.optim.SGD(same.model.parameters(), { lr: 1 }), {
      checkpoints: folder,
      progress: false,
    })
    await expect(sgd.fit([0], () => torch.tensor(0))).rejects.toThrow(
      'the state is of another optimizer: AdamW, and this one is SGD',
    )

    const path = join(folder, 'step-00000010.pt')
    torch.save({ ...(torch.load(join(folder, 'step-00000009.pt')) as TrainerStateDict), version: 99 }, path)
    await expect(make({ checkpoints: folder }).fit()).rejects.toThrow(
      `Trainer: '${path}' is of format version 99; this version of typetorch reads up to 1`,
    )
  })

  test('resume: false refuses a folder that holds some; so does a Trainer that is not as far', async () => {
    const folder = await three()
    await expect(make({ checkpoints: { folder, resume: false } }).fit()).rejects.toThrow(
      'holds checkpoints up to step 9; go on from them with resume: true',
    )
    const behind = make({ max_steps: 3 })
    await behind.fit()
    const trainer = new Trainer(behind.model, behind.trainer.optimizer, {
      checkpoints: folder,
      progress: false,
      max_steps: 20,
    })
    trainer.load_state_dict({ ...behind.trainer.state_dict(), callbacks: [] })
    await expect(trainer.fit(behind.source, behind.step)).rejects.toThrow('and this Trainer is at step 3')
  })

  test('a folder that cannot be made', async () => {
    const file = join(root, 'file')
    writeFileSync(file, '')
    await expect(make({ checkpoints: join(file, 'folder') }).fit()).rejects.toThrow(
      /checkpoints cannot be written to .*ENOTDIR/,
    )
  })

  test('data that shrank', async () => {
    const folder = new_folder()
    const { trainer, source, step } = make({ max_steps: 4, checkpoints: folder }, 'array')
    await trainer.fit(source, step)
    const again = make({ max_steps: 9, checkpoints: folder }, 'array')
    await expect(again.trainer.fit([...again.source].slice(0, 3), again.step)).rejects.toThrow(
      "fit(): the state was saved after 4 of an epoch's 5 batches, and the data has 3 now",
    )
  })
})

test('what is no state is refused', () => {
  const { trainer } = make()
  expect(() => trainer.load_state_dict({})).toThrow(
    'load_state_dict(): expected what state_dict() of a Trainer gave, not ',
  )
  expect(() => trainer.load_state_dict({ ...trainer.state_dict(), version: 2 })).toThrow('format version 2')
})
