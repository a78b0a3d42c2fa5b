// Right code that compilers accept without casts, under the options that `tsc --init` writes.
import * as torch from 'typetorch'
import { nn, optim, type Tensor } from 'typetorch'
import { describe, expect, expectTypeOf, it } from 'vitest'

const x = torch.ones(2, 3, 4)

class Block extends nn.Module {
  fc = new nn.Linear(3, 3)
  override forward(x: Tensor, scale = 1): Tensor {
    return this.fc(x).mul(scale)
  }
  twice(x: Tensor): Tensor {
    return this(this(x), 2)
  }
}

class Around<M extends nn.Module> extends nn.Module {
  constructor(readonly inner: M) {
    super()
  }
  override forward(x: Tensor): Tensor {
    return this.inner(x)
  }
}

class AroundBlock<B extends Block> extends nn.Module {
  constructor(readonly inner: B) {
    super()
  }
  override forward(x: Tensor): Tensor {
    // @ts-expect-error -- a text is no scale
    const wrong = () => this.inner(x, 'two')
    expectTypeOf(wrong).toBeFunction()
    return this.inner(x, 2).add(this.inner(x))
  }
}

describe('right code', () => {
  it('calls a module within itself, and one that is a type parameter', () => {
    const block = new Block()
    const y = torch.ones(1, 3)
    expect(block.twice(y).equal(block(block(y), 2))).toBe(true)
    expect(new Around(block)(y).equal(block(y))).toBe(true)
    expect(new AroundBlock(block)(y).equal(block(y).mul(3))).toBe(true)
    class Strict extends Block {
      wrong(x: Tensor) {
        // @ts-expect-error -- a text is no tensor
        this('x')
        // @ts-expect-error -- no argument
        this()
        return this(x)
      }
    }
    expectTypeOf<Strict>().toExtend<Block>()
    expectTypeOf<Block>().toExtend<nn.Module>()
    expectTypeOf(() => block.call_async(y)).returns.toEqualTypeOf<Promise<Tensor>>()
  })

  it('takes shapes and lists of tensors apart', () => {
    const [B, T, C] = x.shape
    expectTypeOf([B, T, C]).toEqualTypeOf<number[]>()
    expect(x.view(B, T * C).shape[1]).toBe(12)
    const [b, t] = x.size()
    expect(b * t).toBe(6)
    const shape: number[] = x.shape
    expect([...shape, 1]).toEqual([2, 3, 4, 1])
    const [a] = x.split(1)
    const [c, d] = torch.chunk(x, 2)
    const [e, f] = x.unbind()
    const [g] = torch.tensor_split(x, 2)
    const [h] = torch.broadcast_tensors(x)
    const [i, j] = torch.meshgrid(torch.arange(2), torch.arange(2), { indexing: 'ij' })
    expect([c.add(d), e.add(f), a.add(1), g.add(1), h.add(1), i.add(j)]).toHaveLength(6)
    const parts: Tensor[] = x.split(1)
    expect(parts.map((part) => part.add(1))).toHaveLength(2)
  })

  it('gives elements as what they are', () => {
    expectTypeOf<boolean>().toExtend<ReturnType<Tensor['tolist']>>()
    expectTypeOf<torch.Complex>().toExtend<ReturnType<Tensor['tolist']>>()
    expect(torch.tensor([true, false]).tolist() as boolean[]).toEqual([true, false])
    expect(x.sum([1, 2]).tolist() as number[]).toEqual([12, 12])
  })

  it('knows the layers of vision models, and takes others in their places', () => {
    const model = torch.vision.models.resnet18()
    expectTypeOf(model.fc.in_features).toBeNumber()
    model.fc = new nn.Linear(model.fc.in_features, 10)
    model.fc = new nn.Identity()
    // Only compiled: the models are large.
    const adapt = (vgg: torch.vision.models.VGG, vit: torch.vision.models.VisionTransformer) => {
      expectTypeOf(vgg.classifier.at(6).in_features).toBeNumber()
      vgg.classifier.set_at(6, new nn.Linear(vgg.classifier.at(6).in_features, 10))
      vgg.classifier = new nn.Identity()
      expectTypeOf(vit.heads.head.in_features).toBeNumber()
      vit.heads.head = new nn.Linear(vit.heads.head.in_features, 10)
      vit.heads = new nn.Identity()
    }
    expect(adapt).toHaveLength(2)
  })

  it('takes an option that is undefined as one that is not given', () => {
    const generator: torch.Generator | undefined = Math.random() > 2 ? new torch.Generator() : undefined
    const lr: number | undefined = Math.random() > 2 ? 1 : undefined
    const model = new nn.Linear(2, 2, { bias: undefined })
    expect(torch.randn(2, { generator }).shape).toEqual([2])
    expect(torch.randperm(3, { generator }).shape).toEqual([3])
    expect(torch.ones(2).normal_({ generator }).shape).toEqual([2])
    expect(new torch.utils.data.DataLoader([1, 2], { generator, num_workers: undefined }).length).toBe(2)
    expect(new optim.Adam(model.parameters(), { lr }).param_groups[0]!.lr).toBe(1e-3)
    expect(new optim.SGD(model.parameters(), { lr, momentum: undefined }).param_groups[0]!.lr).toBe(1e-3)
    expect(new torch.Trainer(model, new optim.SGD(model.parameters()), { max_steps: undefined }).epoch).toBe(
      0,
    )
    expectTypeOf(new optim.Adam(model.parameters()).param_groups[0]!.betas[0]).toEqualTypeOf<
      number | Tensor
    >()
  })

  it('has rates that are numbers', () => {
    const optimizer = new optim.Adam(new nn.Linear(2, 2).parameters(), { lr: 1e-3 })
    const schedule = new optim.lr_scheduler.StepLR(optimizer, 2)
    expect(schedule.get_last_lr()[0].toFixed(3)).toBe('0.001')
    expectTypeOf(schedule.get_last_lr<Tensor>()[0]).toEqualTypeOf<Tensor>()
  })

  it('keeps an own optimizer’s state by its type', () => {
    type Group = optim.ParamGroup & { lr: number }
    class Momentum extends optim.Optimizer<Group, { average: Tensor }> {
      constructor(params: optim.Params<Group>, lr: number) {
        super(params, { lr })
      }
      override step() {
        torch.no_grad(() => {
          for (const { params, lr } of this.param_groups)
            for (const p of params) {
              if (p.grad === null) continue
              const state = this.state.get(p) ?? { average: torch.zeros_like(p) }
              this.state.set(p, state)
              state.average.mul_(0.9).add_(p.grad)
              p.sub_(state.average, { alpha: lr })
            }
        })
        return null
      }
    }
    const w = torch.ones([2], { requires_grad: true })
    const optimizer = new Momentum([w], 0.5)
    const schedule = new optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    w.sum().backward()
    optimizer.step()
    expect(w.tolist()).toEqual([0.5, 0.5])
    expect(optimizer.state.get(w)!.average.tolist()).toEqual([1, 1])
    expect(schedule.get_last_lr()).toEqual([0.5])
    expectTypeOf(optimizer).toExtend<optim.Optimizer>()
  })

  it('keeps types through lists of modules', () => {
    const list = new nn.ModuleList([new Block(), new Block()])
    expectTypeOf(list.at(0)).toEqualTypeOf<Block>()
    for (const block of list) expectTypeOf(block(torch.ones(1, 3))).toEqualTypeOf<Tensor>()
    const mixed = new nn.ModuleList([new nn.Linear(2, 2), new Block()])
    for (const one of mixed) expectTypeOf(one).not.toBeAny()
    const various = new nn.ModuleList([new nn.Linear(2, 2), new nn.Bilinear(2, 2, 2), new nn.LSTM(2, 2)])
    expectTypeOf(various.at(0)).toEqualTypeOf<nn.Linear | nn.Bilinear | nn.LSTM>()
    const dict = new nn.ModuleDict({ a: new Block() })
    const kinds = new nn.ModuleDict({ linear: new nn.Linear(2, 2), lstm: new nn.LSTM(2, 2) })
    expectTypeOf(kinds.get('lstm')).toEqualTypeOf<nn.Linear | nn.LSTM>()
    for (const [, block] of dict.items()) expectTypeOf(block).toEqualTypeOf<Block>()
    for (const block of dict.values()) expectTypeOf(block).not.toBeAny()
  })
})
