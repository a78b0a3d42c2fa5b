import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'
import { native } from '../../dist/native.js'
import { failure } from '../hazards/failure.js'

interface Known {
  full: string
  name: string
  overload: string
}

const operators: Known[] = native.operator_names().map((full) => {
  const dot = full.indexOf('.')
  return dot < 0
    ? { full, name: full, overload: '' }
    : { full, name: full.slice(0, dot), overload: full.slice(dot + 1) }
})

describe('every operator of the dispatcher', () => {
  it('is there: 3,110 of aten under some 1,590 names', () => {
    const aten = operators.filter((o) => o.name.startsWith('aten::'))
    expect(aten.length).toBe(3110)
    expect(new Set(aten.map((o) => o.name)).size).toBeGreaterThan(1500)
    expect(operators.length).toBeGreaterThan(3400)
  })

  it('has a schema and binds', () => {
    const failed: string[] = []
    for (const { full, name, overload } of operators) {
      try {
        const { text, parameters, results } = native.schema(name, overload)
        if (!text.startsWith(full) || !Array.isArray(parameters) || !Array.isArray(results)) failed.push(full)
        if (typeof native.bind(name, overload) !== 'function') failed.push(full)
      } catch (error) {
        failed.push(`${full}: ${(error as Error).message}`)
      }
    }
    expect(failed).toEqual([])
  })

  it('takes 16 kinds of argument and lists of them; the others are of classes that have no counterpart', () => {
    const kinds = new Set<string>()
    const without = new Map<string, string[]>()
    for (const { full, name, overload } of operators) {
      for (const parameter of native.schema(name, overload).parameters) {
        if (parameter.kind !== 'unsupported') kinds.add(parameter.kind)
        else without.set(parameter.type, [...(without.get(parameter.type) ?? []), full])
      }
    }
    expect([...kinds].sort()).toEqual([
      'Scalar',
      'Scalar[]',
      'Tensor',
      'Tensor?[]',
      'Tensor[]',
      'bool',
      'bool[]',
      'float',
      'float[]',
      'int',
      'int[]',
      'str',
      'str[]',
      'torch.Generator',
      'torch.Storage',
      'torch.Stream',
      'torch.device',
      'torch.dtype',
      'torch.layout',
      'torch.memory_format',
    ])
    expect([...without.keys()].sort()).toEqual(
      [
        'Any',
        'Scalar?[]',
        '__torch__.torch.classes.c10d.ProcessGroup',
        '__torch__.torch.classes.c10d.ReduceOp',
        '__torch__.torch.classes.c10d.SymmetricMemory',
        '__torch__.torch.classes.mkldnn.ConvOpContext',
        '__torch__.torch.classes.profiler._RecordFunction',
        '__torch__.torch.classes.quantized.Conv2dPackedParamsBase',
        '__torch__.torch.classes.quantized.Conv3dPackedParamsBase',
        '__torch__.torch.classes.quantized.EmbeddingPackedParamsBase',
        '__torch__.torch.classes.quantized.LinearPackedParamsBase',
        '__torch__.torch.classes.rnn.CellParamsBase[]',
        '__torch__.torch.classes.sparse.LinearPackedParamsBase',
        'str[][]',
        'Tensor[][]',
      ].sort(),
    )
    const aten = [...without.values()].flat().filter((full) => full.startsWith('aten::'))
    expect([...new Set(aten)].sort()).toEqual([
      'aten::quantized_gru.data',
      'aten::quantized_gru.input',
      'aten::quantized_lstm.data',
      'aten::quantized_lstm.input',
    ])
  })

  it('refuses an argument of such a class by name', () => {
    const error = failure(() => torch.ops['quantized']!['linear']!(torch.ones(2), [], 1, 0))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toMatch(/LinearPackedParamsBase/)
  })

  it('that does not exist is refused by name', () => {
    expect(failure(() => native.bind('aten::no_such', 'at_all')).message).toBe(
      "no operator 'aten::no_such.at_all' in this LibTorch",
    )
    expect(failure(() => native.schema('nonsense', '')).message).toBe(
      "no operator 'nonsense' in this LibTorch",
    )
  })

  // What a call without arguments does is PyTorch's business, but it must end in an Error or a value.
  it('called with nothing, or with a tensor in every place, never ends the process', () => {
    const x = torch.ones(2, 2)
    const harmful =
      /^(symm_mem|c10d|profiler|inductor|static_runtime|_c10d|_dtensor|_test|prepacked|mkldnn_prepacked)/
    let refused = 0
    for (const { full, name, overload } of operators) {
      if (harmful.test(full)) continue
      const parameters = native.schema(name, overload).parameters
      if (!parameters.some((p) => p.required)) continue
      try {
        native.bind(name, overload)()
      } catch (error) {
        expect(error).toBeInstanceOf(Error)
        refused++
      }
    }
    expect(refused).toBeGreaterThan(3000)
    expect(x.sum().item()).toBe(4)
  })
})
