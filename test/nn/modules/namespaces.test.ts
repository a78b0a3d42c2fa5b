import * as torch from 'typetorch'
import { nn } from 'typetorch'
import { describe, expect, it, vi } from 'vitest'
import { public_names } from '../../../scripts/coverage/tables.mjs'
import { temporary_folder } from '../../helpers/folder.js'

const path = temporary_folder()
const { consume_prefix_in_state_dict_if_present } = nn.modules.utils

describe("torch.nn.modules' modules", () => {
  const modules = nn.modules as unknown as Record<string, Record<string, unknown>>

  it('hold the classes of torch.nn under the names of their files', () => {
    const listed = public_names().filter(({ group }) => group.startsWith('torch.nn.modules.'))
    expect(listed.length).toBeGreaterThan(170)
    for (const { group, name } of listed) {
      const [submodule, member] = [group.split('.').at(-1)!, name.split('.').at(-1)!]
      const flat = (nn as unknown as Record<string, unknown>)[member]
      if (flat !== undefined) expect(modules[submodule]![member], name).toBe(flat)
    }
    expect('activation' in nn).toBe(false)
    expect(new nn.modules.linear.NonDynamicallyQuantizableLinear(2, 3)).toBeInstanceOf(nn.Linear)
  })

  it('hold the base classes and helpers that scripts ask for', () => {
    const { batchnorm, conv, instancenorm, pooling, utils } = nn.modules
    expect(new nn.BatchNorm2d(2)).toBeInstanceOf(batchnorm._BatchNorm)
    expect(new nn.InstanceNorm1d(2)).toBeInstanceOf(instancenorm._InstanceNorm)
    expect(new nn.ConvTranspose2d(1, 1, 1)).toBeInstanceOf(conv._ConvNd)
    expect(new nn.AdaptiveAvgPool2d(1)).toBeInstanceOf(pooling._AdaptiveAvgPoolNd)
    expect([utils._pair(3), utils._triple([1, 2, 3]), utils._ntuple(5)('a')]).toEqual([
      [3, 3],
      [1, 2, 3],
      Array(5).fill('a'),
    ])
    expect(utils._reverse_repeat_tuple([1, 2], 2)).toEqual([2, 2, 1, 1])
    expect([utils._list_with_default([null, 5], [1, 3, 4]), utils._list_with_default(7, [1])]).toEqual([
      [3, 5],
      7,
    ])
    expect(() => utils._list_with_default([1], [1])).toThrow('Input dimension should be at least 2')
  })

  it('order the sequences of a state', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const state = torch.arange(6).view(1, 3, 2)
    const ordered = nn.modules.rnn.apply_permutation(state, torch.tensor([2n, 0n, 1n]))
    expect(ordered.equal(state.index_select(1, torch.tensor([2n, 0n, 1n])))).toBe(true)
    expect(nn.modules.rnn.apply_permutation(state, torch.tensor([0n]), { dim: 2 }).shape).toEqual([1, 3, 1])
    expect(String(warn.mock.calls[0]![0])).toMatch('`apply_permutation` is deprecated')
    warn.mockRestore()
  })
})

describe('consume_prefix_in_state_dict_if_present', () => {
  const make = () => new nn.Sequential(new nn.Linear(2, 2), new nn.BatchNorm1d(2))

  it('has a model take the state of a wrapped one, also from a file', () => {
    const model = make()
    torch.save(new nn.DataParallel(model).state_dict(), path('wrapped.pt'))
    const state = torch.load<ReturnType<typeof model.state_dict>>(path('wrapped.pt'))
    expect(state.keys()[0]).toBe('module.0.weight')
    consume_prefix_in_state_dict_if_present(state, 'module.')
    expect(state.keys()).toEqual(model.state_dict().keys())
    const metadata = (state as unknown as { _metadata: torch.OrderedDict<{ version: number }> })._metadata
    // As in Python, what was the wrapper's own is the model's then.
    expect(metadata.items()).toEqual([
      ['', { version: 1 }],
      ['0', { version: 1 }],
      ['1', { version: 2 }],
    ])
    const again = make()
    again.load_state_dict(state)
    expect(again.get_submodule('0').state_dict()['weight']!.equal(state['0.weight']!)).toBe(true)
  })

  it('leaves keys without the prefix where they are, in objects and Maps too', () => {
    const object: Record<string, unknown> = { 'a.x': 1, 'b.y': 2, 'a.z': 3 }
    consume_prefix_in_state_dict_if_present(object as never, { prefix: 'a.' })
    expect(Object.entries(object)).toEqual([
      ['b.y', 2],
      ['x', 1],
      ['z', 3],
    ])
    const map = new Map<string, unknown>([
      ['a.x', 1],
      ['b', 2],
    ])
    consume_prefix_in_state_dict_if_present(map as never, 'a.')
    expect([...map]).toEqual([
      ['b', 2],
      ['x', 1],
    ])
  })

  it('throws for what is no dictionary, and for a prefix that is no text', () => {
    expect(() => consume_prefix_in_state_dict_if_present([] as never, 'a')).toThrow(
      "argument 'state_dict' must be a dict, not array",
    )
    expect(() => consume_prefix_in_state_dict_if_present({}, 1 as never)).toThrow(
      "argument 'prefix' must be str, not number",
    )
  })
})
