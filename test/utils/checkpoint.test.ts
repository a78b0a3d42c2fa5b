import type { Tensor } from 'typetorch'
import * as torch from 'typetorch'
import { nn } from 'typetorch'
import { describe, expect, it } from 'vitest'

const { checkpoint, checkpoint_sequential, CheckpointError } = torch.utils.checkpoint

function model() {
  torch.manual_seed(1)
  return new nn.Sequential(
    new nn.Linear(4, 8),
    new nn.Tanh(),
    new nn.Dropout(0.3),
    new nn.Linear(8, 8),
    new nn.ReLU(),
    new nn.Linear(8, 2),
  )
}

/** The loss and every gradient of one call, by whichever road. */
function gradients(call: (net: nn.Sequential, x: Tensor) => Tensor): number[] {
  const net = model()
  const x = torch.randn(3, 4, { requires_grad: true })
  torch.manual_seed(2)
  const loss = call(net, x).pow(2).sum()
  loss.backward()
  // What comes after draws the same numbers as if nothing had been computed twice.
  const after = torch.rand(1).item()
  return [
    loss.item(),
    after,
    ...[x, ...net.parameters()].flatMap((p) => p.grad!.flatten().tolist() as number[]),
  ]
}

describe('checkpoint', () => {
  const plain = gradients((net, x) => net(x))

  it.each([true, false])('gives the same bits, use_reentrant: %s', (use_reentrant) => {
    expect(gradients((net, x) => checkpoint(net, x, { use_reentrant }) as Tensor)).toEqual(plain)
  })

  it.each([true, false])('in parts of a Sequential too, use_reentrant: %s', (use_reentrant) => {
    expect(gradients((net, x) => checkpoint_sequential(net, 3, x, { use_reentrant }))).toEqual(plain)
  })

  it('inside itself', () => {
    const nested = gradients((net, x) =>
      checkpoint(
        (y: Tensor) => {
          const layers = [...net.children()] as unknown as ((z: Tensor) => Tensor)[]
          const inner = checkpoint((z: Tensor) => layers.slice(0, 3).reduce((v, l) => l(v), z), y, {
            use_reentrant: false,
          })
          return layers.slice(3).reduce((v, l) => l(v), inner)
        },
        x,
        { use_reentrant: false },
      ),
    )
    expect(nested).toEqual(plain)
  })

  it('keeps nothing of what operators save, and calls the function again in backward', () => {
    const w = torch.ones(1, { requires_grad: true })
    let calls = 0
    const run = (x: Tensor) => {
      calls++
      return x.exp().sin()
    }
    const y = checkpoint(run, w, { use_reentrant: false })
    expect(calls).toBe(1)
    y.backward()
    expect(calls).toBe(2)
    expect(torch.no_grad(() => checkpoint(run, w, { use_reentrant: false })).requires_grad).toBe(false)
  })

  it('works with retain_graph, with grad, and with several results', () => {
    const x = torch.tensor([2], { requires_grad: true, dtype: torch.float32 })
    const [a, b] = checkpoint((v: Tensor) => [v.exp(), v.pow(3)] as const, x, { use_reentrant: false })
    const [first] = torch.autograd.grad(a!.add(b!), x, { retain_graph: true })
    const [again] = torch.autograd.grad(a!.add(b!), x)
    expect(first!.item()).toBe(again!.item())
    const c = checkpoint((v: Tensor) => v.pow(3), x, { use_reentrant: true })
    expect(() => torch.autograd.grad(c, x)).toThrow(
      'When use_reentrant=True, torch.utils.checkpoint is incompatible',
    )
  })

  it('says where the second call differs from the first', () => {
    const x = torch.ones(3, { requires_grad: true })
    let calls = 0
    const other_shape = checkpoint((v: Tensor) => (calls++ === 0 ? v.exp() : v.repeat(2).exp()).sum(), x, {
      use_reentrant: false,
    })
    expect(() => other_shape.backward()).toThrow('have different metadata than during the forward pass')
    calls = 0
    const fewer = checkpoint((v: Tensor) => (calls++ === 0 ? v.exp().sin() : v.exp()).sum(), x, {
      use_reentrant: false,
    })
    expect(() => fewer.backward()).toThrow(CheckpointError)
    calls = 0
    const more = checkpoint((v: Tensor) => (calls++ === 0 ? v.exp() : v.exp().sin()).sum(), x, {
      use_reentrant: false,
      early_stop: false,
    })
    expect(() => more.backward()).toThrow('trying to save more tensors during recomputation')
    expect(() => checkpoint((v: Tensor) => v, x, { determinism_check: 'some' as never })).toThrow(
      "determinism_check should be one of ['default', 'none'], but got some",
    )
    expect(() => checkpoint_sequential([], 2, x, { use_reentrant: false })).toThrow("argument 'segments'")
  })

  it('lets an exception of the function through, in either call', () => {
    const x = torch.ones(3, { requires_grad: true })
    let calls = 0
    const run = (v: Tensor) => {
      if (calls++ > 0) throw new RangeError('mine')
      return v.exp().sum()
    }
    const y = checkpoint(run, x, { use_reentrant: false })
    expect(() => y.backward()).toThrow(RangeError)
    expect(() => checkpoint(run, x, { use_reentrant: false })).toThrow(RangeError)
  })
})
