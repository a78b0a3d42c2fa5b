import { describe, expect, it } from 'vitest'
import { read_sources } from '../../scripts/generate/locate.mjs'
import { build_face } from '../../scripts/generate/model.mjs'
import { overloads_text } from '../../scripts/generate/write-face.mjs'

const face = build_face(read_sources())
const functions = (name: string, namespace: keyof typeof face.functions = 'torch') =>
  overloads_text(face.functions[namespace].get(name) ?? [])
const methods = (name: string) => overloads_text(face.methods.get(name) ?? [])

describe('the face of the operators', () => {
  it.each([
    ['add', 'add.Tensor >add.out'],
    ['max', 'max >max.unary_out max.other >max.out max.dim >max.dim_max'],
    ['sum', 'sum sum.dim_IntList >sum.IntList_out'],
    ['var', 'var.dim >var.out var.correction >var.correction_out var'],
    ['where', 'where where.self >where.self_out where.ScalarSelf where.ScalarOther where.Scalar'],
    ['randn', 'randn.generator >randn.generator_out randn >randn.out'],
    ['nonzero', 'nonzero >nonzero.out'],
    ['view_copy', 'view_copy.dtype >view_copy.dtype_out view_copy >view_copy.out'],
    ['spmm', 'mm >mm.out mm.dtype >mm.dtype_out'],
  ])('torch.%s', (name, expected) => {
    expect(functions(name)).toBe(expected)
  })

  it.each([
    ['add_', 'add_.Tensor'],
    ['where', 'where.self where.ScalarOther'],
    ['pow', 'pow.Tensor_Tensor pow.Tensor_Scalar'],
    ['copy_', 'copy_'],
    ['view', 'view.dtype view'],
  ])('Tensor.%s', (name, expected) => {
    expect(methods(name)).toBe(expected)
  })

  it('strips the prefixes of namespaces', () => {
    expect(functions('svd', 'linalg')).toBe('linalg_svd >linalg_svd.U')
    expect(functions('rfft', 'fft')).toBe('fft_rfft >fft_rfft.out')
    expect(functions('erf', 'special')).toBe('special_erf >special_erf.out')
    expect(functions('sampled_addmm', 'sparse')).toBe('sparse_sampled_addmm >sparse_sampled_addmm.out')
    expect(functions('to_padded_tensor', 'nested')).toBe('nested_to_padded_tensor')
    expect(functions('_pad_enum', 'nn')).toBe('_pad_enum')
  })

  it('leaves out what Python does not show', () => {
    const hidden = [
      '_softmax',
      'native_batch_norm_backward',
      'lift_fresh',
      'copy',
      'alias',
      'set_data',
      'slice',
      'linalg_svd',
      'gelu',
    ]
    expect(hidden.filter((name) => face.functions.torch.has(name))).toEqual([])
    expect(
      ['item', 'to', 'size', 'set_data', '_values', 'numpy_T', 'relu6'].filter((name) =>
        face.methods.has(name),
      ),
    ).toEqual([])
  })

  it('names the results of tuples', () => {
    expect(face.named_results.get('max.dim')).toEqual(['values', 'indices'])
    expect(face.named_results.get('linalg_svd')).toEqual(['U', 'S', 'Vh'])
    expect(face.named_results.get('aminmax')).toEqual(['min', 'max'])
    expect(face.named_results.has('var_mean.dim')).toBe(false)
    expect(face.named_results.has('add.Tensor')).toBe(false)
  })

  it('lists what is left to write by hand', () => {
    expect(face.by_hand['torch']).toEqual(
      expect.arrayContaining(['as_tensor', 'from_numpy', 'numel', 'tensor']),
    )
    expect(face.by_hand['Tensor']).toEqual(
      expect.arrayContaining(['item', 'numel', 'size', 'stride', 'to', 'tolist']),
    )
    expect(face.by_hand['Tensor']).not.toContain('contiguous')
  })
})
