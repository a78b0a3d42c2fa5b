import * as torch from 'typetorch'
import { optim, type Tensor } from 'typetorch'
import { describe, expect, it } from 'vitest'

const named = (name: string, message: string) => expect.objectContaining({ name, message })
const set = (object: object, name: string, value: unknown) => {
  ;(object as Record<string, unknown>)[name] = value
}
const leaf = () => {
  const param = torch.ones(2, { requires_grad: true })
  param.grad = torch.ones(2)
  return param
}
const sgd = () => new optim.SGD([leaf()], { lr: 0.5 })

describe('A group’s option', () => {
  it.each([
    ['lrr', 1, "SGD: parameter group 0 has 'lrr', which is no option; did you mean 'lr'?"],
    [
      'learning_rate',
      1,
      "SGD: parameter group 0 has 'learning_rate', which is no option; did you mean 'lr'?",
    ],
    [
      'weightDecay',
      1,
      "SGD: parameter group 0 has 'weightDecay', which is no option; did you mean 'weight_decay'?",
    ],
    ['momentun', 1, "SGD: parameter group 0 has 'momentun', which is no option; did you mean 'momentum'?"],
  ])('%s is refused at the next step and when a group is made', (name, value, message) => {
    const optimizer = sgd()
    optimizer.step()
    set(optimizer.param_groups[0]!, name, value)
    expect(() => optimizer.step()).toThrow(named('AttributeError', message))
    expect(() => optimizer.step()).toThrow(named('AttributeError', message))
    expect(optimizer.param_groups[0]!.params[0]!.tolist()).toEqual([0.5, 0.5])
    expect(() => new optim.SGD([{ params: [leaf()], [name]: value } as never])).toThrow(
      named('AttributeError', message),
    )
  })

  it.each([
    ['lr', '0.1', 'TypeError', "SGD: parameter group 0: option 'lr' must be a number or a Tensor, not str"],
    [
      'lr',
      undefined,
      'TypeError',
      "SGD: parameter group 0: option 'lr' must be a number or a Tensor, not NoneType",
    ],
    [
      'lr',
      Number.NaN,
      'ValueError',
      "SGD: parameter group 0: option 'lr' is NaN, and a step would spoil the parameters",
    ],
    [
      'lr',
      Number.POSITIVE_INFINITY,
      'ValueError',
      "SGD: parameter group 0: option 'lr' is Infinity, and a step would spoil the parameters",
    ],
    [
      'weight_decay',
      null,
      'TypeError',
      "SGD: parameter group 0: option 'weight_decay' must be a number or a Tensor, not NoneType",
    ],
    ['nesterov', 'yes', 'TypeError', "SGD: parameter group 0: option 'nesterov' must be a boolean, not str"],
  ])('%s refuses %s at the next step', (name, value, kind, message) => {
    const optimizer = sgd()
    set(optimizer.param_groups[0]!, name, value)
    expect(() => optimizer.step()).toThrow(named(kind, message))
  })

  it('betas keep their number', () => {
    const optimizer = new optim.Adam([leaf()])
    optimizer.step()
    set(optimizer.param_groups[0]!, 'betas', [0.9])
    expect(() => optimizer.step()).toThrow(
      named('TypeError', "Adam: parameter group 0: option 'betas' must be an array of 2"),
    )
    set(optimizer.param_groups[0]!, 'betas', [0.9, Number.NaN])
    expect(() => optimizer.step()).toThrow(/option 'betas\[1\]' is NaN/)
  })

  it('may be changed, and other names may be a program’s own', () => {
    const optimizer = new optim.SGD([{ params: [leaf()], name: 'head', lr_scale: 2 } as never], { lr: 0.5 })
    set(optimizer.param_groups[0]!, 'lr', torch.tensor(0.25))
    optimizer.step()
    set(optimizer.param_groups[0]!, 'lr', 1)
    optimizer.step()
    expect(optimizer.param_groups[0]!.params[0]!.tolist()).toEqual([-0.25, -0.25])
  })
})

describe('A field', () => {
  it('of an optimizer that is an option is refused', () => {
    for (const name of ['lr', 'learning_rate'])
      expect(() => set(sgd(), name, 1)).toThrow(
        named(
          'AttributeError',
          `'SGD' object has no attribute '${name}': options belong to the parameter groups: ` +
            'for (const group of optimizer.param_groups) group.lr = …',
        ),
      )
    set(sgd(), 'note', 1)
  })

  it('of a schedule that is misspelt is refused', () => {
    const schedule = () => new optim.lr_scheduler.StepLR(sgd(), 3)
    expect(() => set(schedule(), 'gama', 1)).toThrow(
      named('AttributeError', "'StepLR' object has no attribute 'gama': did you mean 'gamma'?"),
    )
    expect(() => set(schedule(), 'lr', 1)).toThrow(/rates belong to optimizer\.param_groups/)
    set(schedule(), 'note', 1)
  })

  it('of a program’s own optimizer is what it likes', () => {
    class Own extends optim.Optimizer {
      lr: number
      constructor(params: optim.Params, lr: number) {
        super(params, { lr })
        this.lr = lr
      }
    }
    expect(new Own([leaf()], 3).lr).toBe(3)
  })
})

class Warmup extends optim.lr_scheduler.LRScheduler {
  height = 1
  constructor(
    optimizer: optim.Optimizer,
    readonly steps: number,
  ) {
    super(optimizer)
  }
  override get_lr(): number[] {
    return this.base_lrs.map(
      (lr) => Number(lr) * this.height * Math.min(1, (this.last_epoch + 1) / this.steps),
    )
  }
}

describe('A schedule of a program’s own', () => {
  it('has its class fields and constructor parameters in its first step', () => {
    const optimizer = sgd()
    const schedule = new Warmup(optimizer, 4)
    const rates = [optimizer.param_groups[0]!.lr]
    for (let i = 0; i < 4; i++) {
      optimizer.step()
      schedule.step()
      rates.push(schedule.get_last_lr()[0] as number)
    }
    expect(rates).toEqual([0.125, 0.25, 0.375, 0.5, 0.5])
    expect(optimizer.param_groups[0]!.params[0]!.tolist()).toEqual([-0.25, -0.25])
  })

  it('takes the first step at the first look, wherever that is', () => {
    const looks: [string, (optimizer: optim.SGD, schedule: Warmup) => unknown][] = [
      ['last_epoch', (_, schedule) => schedule.last_epoch],
      ['get_last_lr', (_, schedule) => schedule.get_last_lr()],
      ['state_dict', (_, schedule) => schedule.state_dict()],
      ['the optimizer’s state_dict', (optimizer) => optimizer.state_dict()],
      ['a step', (optimizer) => optimizer.step()],
      ['a new group', (optimizer) => optimizer.add_param_group({ params: [leaf()] })],
      ['a rate that is set', (optimizer) => set(optimizer.param_groups[0]!, 'lr', 7)],
      ['the text', (optimizer) => String(optimizer)],
    ]
    for (const [what, look] of looks) {
      const optimizer = sgd()
      const schedule = new Warmup(optimizer, 4)
      look(optimizer, schedule)
      const own = Object.getOwnPropertyDescriptor(schedule, 'last_epoch')
      expect([what, own?.value]).toEqual([what, 0])
      expect([what, optimizer.param_groups[0]!.lr]).toEqual([what, what === 'a rate that is set' ? 7 : 0.125])
    }
  })

  it('goes on from a state, and is part of SequentialLR', () => {
    const optimizer = sgd()
    const schedule = new Warmup(optimizer, 4)
    optimizer.step()
    schedule.step()
    const again = sgd()
    const other = new Warmup(again, 4)
    again.load_state_dict(optimizer.state_dict())
    other.load_state_dict(schedule.state_dict())
    expect([again.param_groups[0]!.lr, other.last_epoch]).toEqual([0.25, 1])

    const sequence = sgd()
    const { ConstantLR, SequentialLR } = optim.lr_scheduler
    const both = new SequentialLR(sequence, [new Warmup(sequence, 4), new ConstantLR(sequence, 0.5, 9)], [2])
    const rates: unknown[] = [sequence.param_groups[0]!.lr]
    for (let i = 0; i < 3; i++) {
      sequence.step()
      both.step()
      rates.push(both.get_last_lr()[0])
    }
    expect(rates).toEqual([0.125, 0.25, 0.25, 0.25])
  })

  it('refuses a rate that is not finite, with what happened', () => {
    const rates: [unknown, string, string][] = [
      [[Number.NaN], 'ValueError', 'gave NaN for parameter group 0 at epoch 0: a rate must be finite.'],
      [[Number.POSITIVE_INFINITY], 'ValueError', 'gave Infinity for parameter group 0 at epoch 0'],
      [[torch.tensor(Number.NaN)], 'ValueError', 'gave NaN for parameter group 0 at epoch 0'],
      [[undefined], 'TypeError', 'gave a undefined for parameter group 0: a rate is a number or a Tensor'],
      [['0.1'], 'TypeError', 'gave a string for parameter group 0'],
      [[], 'TypeError', "a rate for each of the optimizer's 1 parameter groups, not 0 of them"],
      [0.1, 'TypeError', "a rate for each of the optimizer's 1 parameter groups, not number"],
    ]
    for (const [value, kind, message] of rates) {
      class Wrong extends optim.lr_scheduler.LRScheduler {
        override get_lr() {
          return value as Tensor[]
        }
      }
      const optimizer = sgd()
      new Wrong(optimizer)
      expect(() => optimizer.step()).toThrow(named(kind, expect.stringContaining(message)))
    }
    expect(() => new optim.lr_scheduler.LambdaLR(sgd(), () => Number.NaN)).toThrow(
      /LambdaLR\.get_lr\(\) gave NaN/,
    )
  })
})
