import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'
import { count_public, reasons } from '../scripts/coverage/count.mjs'
import { is_present } from '../scripts/coverage/present.mjs'
import { group_of, public_names, used_names } from '../scripts/coverage/tables.mjs'

describe('coverage', () => {
  it('has every public name, or says why not', () => {
    const absent = [...count_public().values()].flatMap((tally) => tally.absent.map(({ name }) => name))
    expect(absent.filter((name) => !reasons.has(name))).toEqual([])
  })

  it('leaves out what PyTorch has, and nothing that is here', () => {
    const known = new Set([...public_names(), ...used_names()].map(({ name }) => name))
    expect([...reasons.keys()].filter((name) => !known.has(name))).toEqual([])
    // Those that refuse by name where there is a GPU are here in part.
    const whole = [...reasons].filter(([, reason]) => !reason.startsWith('Answers in'))
    expect(whole.filter(([name]) => is_present(name)).map(([name]) => name)).toEqual([])
  })

  it('tells what is there from what is not', () => {
    for (const name of [
      'torch.newaxis',
      'torch.Tensor.T',
      'torch.nn.Module.parameters',
      'torch.ops.aten.mul',
    ]) {
      expect([name, is_present(name)]).toEqual([name, true])
    }
    for (const name of [
      'torch.nothing',
      'torch.Tensor.nothing',
      'torch.ops.aten.nothing',
      'torch.nothing.more',
    ]) {
      expect([name, is_present(name)]).toEqual([name, false])
    }
    expect(
      ['torch.Tensor.add', 'torch.add', 'torch.nn.functional.relu', 'torch.nn.ReLU'].map(group_of),
    ).toEqual(['torch.Tensor', 'torch', 'torch.nn.functional', 'torch.nn'])
  })

  it('versions', () => {
    expect(torch.version.__version__).toBe(torch.__version__)
    expect(torch.version.cuda === null).toBe(!torch.__version__.includes('+cu'))
  })
})
