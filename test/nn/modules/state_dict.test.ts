import * as torch from 'typetorch'
import { nn, type Tensor } from 'typetorch'
import { describe, expect, it } from 'vitest'

class Net extends nn.Module {
  first = new nn.Linear(2, 3)
  second = new nn.Linear(3, 1)
}

function message_of(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    expect(error).toBeInstanceOf(torch.RuntimeError)
    return (error as Error).message
  }
  throw new Error('nothing was thrown')
}

describe('state_dict', () => {
  it('shares memory, detached, or gives the parameters themselves', () => {
    const net = new Net()
    const state = net.state_dict()
    expect(state['first.weight']!.requires_grad).toBe(false)
    torch.no_grad(() => net.first.weight.fill_(7))
    expect(state['first.weight']!.tolist()).toEqual([
      [7, 7],
      [7, 7],
      [7, 7],
    ])
    expect(net.state_dict({ keep_vars: true })['first.weight']).toBe(net.first.weight)
  })

  it('takes a prefix and a destination, and notes versions beside the keys', () => {
    const state = new Net().state_dict({ prefix: 'net.' })
    expect(state.keys()).toEqual([
      'net.first.weight',
      'net.first.bias',
      'net.second.weight',
      'net.second.bias',
    ])
    const again = new nn.Linear(1, 1).state_dict({ destination: state, prefix: 'last.' })
    expect(again).toBe(state)
    expect(Object.keys(state)).toContain('last.bias')
    const { _metadata } = new Net().state_dict() as unknown as { _metadata: { keys(): string[] } }
    expect(_metadata.keys()).toEqual(['', 'first', 'second'])
  })

  it('holds extra state where a class has some', () => {
    class Counts extends nn.Module {
      count = 3
      override get_extra_state() {
        return { count: this.count }
      }
      override set_extra_state(state: unknown) {
        this.count = (state as { count: number }).count
      }
    }
    const counts = new Counts()
    const state = counts.state_dict()
    expect(state['_extra_state']).toEqual({ count: 3 })
    counts.count = 0
    counts.load_state_dict(state)
    expect(counts.count).toBe(3)
    expect(message_of(() => counts.load_state_dict({}))).toContain(
      'Missing key(s) in state_dict: "_extra_state".',
    )
    expect(message_of(() => new nn.Module().load_state_dict(state))).toContain(
      'Unexpected key(s) in state_dict: "_extra_state".',
    )
  })
})

describe('load_state_dict', () => {
  it('copies, so that parameters stay the same tensors', () => {
    const [from, to] = [new Net(), new Net()]
    const { weight } = to.first
    const keys = to.load_state_dict(from.state_dict())
    expect(to.first.weight).toBe(weight)
    expect(weight.tolist()).toEqual(from.first.weight.tolist())
    expect(String(keys)).toBe('<All keys matched successfully>')
    torch.no_grad(() => from.first.weight.zero_())
    expect(weight.tolist()).not.toEqual(from.first.weight.tolist())
  })

  it('takes plain objects and Maps, and casts to the parameter’s dtype', () => {
    const layer = new nn.Linear(1, 1)
    layer.load_state_dict({ weight: torch.full([1, 1], 2, { dtype: torch.float64 }), bias: torch.ones(1) })
    expect(layer.weight.dtype).toBe(torch.float32)
    layer.load_state_dict(
      new Map([
        ['weight', torch.full([1, 1], 3)],
        ['bias', torch.ones(1)],
      ]),
    )
    expect(layer.weight.item()).toBe(3)
  })

  it('says everything that does not fit, word for word', () => {
    const state = new Net().state_dict()
    const wrong = { ...state, 'first.weight': torch.ones(3, 2, 1), more: torch.ones(1) } as Record<
      string,
      Tensor
    >
    delete wrong['second.bias']
    expect(message_of(() => new Net().load_state_dict(wrong))).toBe(
      'Error(s) in loading state_dict for Net:\n' +
        '\tMissing key(s) in state_dict: "second.bias". \n' +
        '\tUnexpected key(s) in state_dict: "more". \n' +
        '\tsize mismatch for first.weight: copying a param with shape torch.Size([3, 2, 1]) from checkpoint, ' +
        'the shape in current model is torch.Size([3, 2]).',
    )
  })

  it('copies what fits before it throws, as PyTorch does', () => {
    const net = new Net()
    const before = net.first.weight.tolist()
    const state = {
      ...new Net().state_dict(),
      'first.weight': torch.ones(1),
      'second.bias': torch.full([1], 9),
    }
    message_of(() => net.load_state_dict(state))
    expect(net.first.weight.tolist()).toEqual(before)
    expect(net.second.bias!.item()).toBe(9)
  })

  it('returns the keys where strict is off, and still refuses sizes', () => {
    const net = new Net()
    const { missing_keys, unexpected_keys } = net.load_state_dict(
      { 'first.bias': torch.ones(3), 'a.b': torch.ones(1) },
      {
        strict: false,
      },
    )
    expect(missing_keys).toEqual(['first.weight', 'second.weight', 'second.bias'])
    expect(unexpected_keys).toEqual(['a.b'])
    const [missing] = net.load_state_dict({ 'a.b': torch.ones(1) }, false)
    expect(missing).toHaveLength(4)
    expect(String(net.load_state_dict({}, false))).toMatch(
      /^IncompatibleKeys\(missing_keys=\['first.weight', .*\], unexpected_keys=\[\]\)$/,
    )
    expect(message_of(() => net.load_state_dict({ 'first.bias': torch.ones(4) }, false))).toContain(
      'size mismatch',
    )
  })

  it('assigns the tensors themselves where asked', () => {
    const net = new nn.Linear(1, 1)
    net.weight.requires_grad_(false)
    const weight = torch.full([1, 1], 5, { dtype: torch.float64 })
    net.load_state_dict({ weight, bias: torch.ones(1) }, { assign: true })
    expect(net.weight).toBeInstanceOf(nn.Parameter)
    expect(net.weight.dtype).toBe(torch.float64)
    expect(net.weight.requires_grad).toBe(false)
    expect(net.bias!.requires_grad).toBe(true)
    weight.fill_(6)
    expect(net.weight.item()).toBe(6)
  })

  it('refuses what is no dictionary, and values that are no tensors', () => {
    const net = new nn.Linear(1, 1)
    expect(() => net.load_state_dict(3 as never)).toThrow('Expected state_dict to be dict-like, got number.')
    expect(() => net.load_state_dict(torch.ones(1) as never)).toThrow(TypeError)
    expect(message_of(() => net.load_state_dict({ weight: 3 as never, bias: torch.ones(1) }))).toContain(
      'While copying the parameter named "weight", expected torch.Tensor or Tensor-like object from checkpoint but ' +
        'received number',
    )
  })

  it('takes one element for a scalar of old checkpoints', () => {
    const module = new nn.Module()
    module.register_parameter('scale', new nn.Parameter(torch.zeros([])))
    module.load_state_dict({ scale: torch.full([1], 4) })
    expect(module.get_parameter('scale').item()).toBe(4)
  })

  it('reports an error of the copy with both sizes', () => {
    const module = new nn.Module()
    module.register_buffer('b', torch.ones(1).expand(3))
    expect(message_of(() => module.load_state_dict({ b: torch.ones(3) }))).toContain(
      'While copying the parameter named "b", whose dimensions in the model are torch.Size([3]) and whose dimensions ' +
        'in the checkpoint are torch.Size([3]), an exception occurred : (',
    )
  })
})

describe('hooks of the state', () => {
  it('run before and after saving', () => {
    const layer = new nn.Linear(1, 1)
    const seen: unknown[] = []
    layer.register_state_dict_pre_hook((_module, prefix, keep_vars) => {
      seen.push(prefix, keep_vars)
    })
    layer.register_state_dict_post_hook((_module, state, prefix, metadata) => {
      delete state[`${prefix}bias`]
      seen.push(metadata)
    })
    expect(Object.keys(new nn.Sequential(layer).state_dict())).toEqual(['0.weight'])
    expect(seen).toEqual(['0.', false, { version: 1 }])
    layer.register_state_dict_post_hook((() => 3) as never)
    expect(() => layer.state_dict()).toThrow('state_dict post-hook must return None')
  })

  it('run before and after loading', () => {
    const layer = new nn.Linear(1, 1)
    layer.register_load_state_dict_pre_hook((_module, state, prefix) => {
      state[`${prefix}weight`] = state[`${prefix}w`]!
      delete state[`${prefix}w`]
    })
    const handle = layer.register_load_state_dict_post_hook((_module, keys) => {
      keys.missing_keys.length = 0
    })
    expect(layer.load_state_dict({ w: torch.full([1, 1], 8) }).missing_keys).toEqual([])
    expect(layer.weight.item()).toBe(8)
    handle.remove()
    expect(message_of(() => layer.load_state_dict({ w: torch.ones(1, 1) }))).toContain('Missing key(s)')
    layer.register_load_state_dict_post_hook((() => 1) as never)
    expect(() => layer.load_state_dict(layer.state_dict())).toThrow(/not expected to return new values/)
  })
})
