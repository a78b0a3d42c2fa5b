import * as torch from 'typetorch'
import { nn, type Tensor } from 'typetorch'
import { describe, expect, it } from 'vitest'

const named = (name: string, message: string) => expect.objectContaining({ name, message })
const set = (object: object, name: string | number, value: unknown) => {
  ;(object as Record<string | number, unknown>)[name] = value
}
const get = (object: object, name: string | number) => (object as Record<string | number, unknown>)[name]

describe('A whole number between brackets', () => {
  it('writes as set_at does, from the end too, into any dtype and view', () => {
    const x = torch.arange(4)
    set(x, 0, 5)
    set(x, -1, 7n)
    expect(x.tolist()).toEqual([5, 1, 2, 7])
    const rows = torch.zeros(2, 3).t()
    set(rows, 1, torch.tensor([1, 2]))
    expect(rows.tolist()).toEqual([
      [0, 0],
      [1, 2],
      [0, 0],
    ])
    const parameter = new nn.Parameter(torch.zeros(2))
    torch.no_grad(() => set(parameter, 1, 3))
    expect(parameter.tolist()).toEqual([0, 3])
  })

  it('reads as at does', () => {
    const x = torch.tensor([
      [1, 2],
      [3, 4],
    ])
    expect((get(x, 1) as Tensor).tolist()).toEqual([3, 4])
    expect((get(x, -2) as Tensor).tolist()).toEqual([1, 2])
  })

  it('throws what set_at and at throw', () => {
    const x = torch.zeros(2)
    const far = named('IndexError', 'index 2 is out of bounds for dimension 0 with size 2')
    expect(() => set(x, 2, 1)).toThrow(far)
    expect(() => get(x, 2)).toThrow(far)
    expect(() => set(x, 0, 'a')).toThrow(
      named('TypeError', "can't assign a string to a tensor of dtype torch.float32"),
    )
    expect(() => get(torch.tensor(5), 0)).toThrow(
      named('IndexError', expect.stringMatching(/^invalid index/)),
    )
    x.dispose()
    expect(() => set(x, 0, 1)).toThrow(/was disposed of/)
  })
})

describe('Anything else between brackets', () => {
  const x = torch.arange(4).float()
  it.each([
    ['a slice', '1:3'],
    ['several indices', [0, 1] as unknown as string],
    ['a mask', x.gt(1) as unknown as string],
    ['a parameter of indices', new nn.Parameter(torch.ones(1)) as unknown as string],
    ['null', null as unknown as string],
    ['undefined', undefined as unknown as string],
    ['a boolean', true as unknown as string],
    ['a fraction', 0.5],
    ['NaN', Number.NaN],
    ['an ellipsis', '...'],
  ])('refuses %s, naming at and set_at', (_, index) => {
    expect(() => set(x, index, 1)).toThrow(/takes only whole numbers between brackets; use x\.set_at/)
    expect(() => get(x, index)).toThrow(/takes only whole numbers between brackets; use x\.at/)
    expect(x.tolist()).toEqual([0, 1, 2, 3])
  })

  it('may be an own attribute, as in Python; a misspelt requires_grad is refused', () => {
    const t = torch.ones(1)
    set(t, 'tag', 'first')
    expect(get(t, 'tag')).toBe('first')
    expect(get(t, 'no_such_name')).toBeUndefined()
    for (const name of ['require_grad', 'requires_gard', 'requiresGrad'])
      expect(() => set(t, name, true)).toThrow(
        named('AttributeError', `'Tensor' object has no attribute '${name}'. Did you mean: 'requires_grad'?`),
      )
  })
})

describe('Assigning an attribute', () => {
  it.each([
    'shape',
    'dtype',
    'device',
    'layout',
    'ndim',
    'itemsize',
    'nbytes',
    'is_leaf',
    'grad_fn',
    'output_nr',
    '_version',
    'T',
    'mT',
    'H',
    'mH',
    'retains_grad',
    'is_cuda',
    'is_sparse',
    'name',
    'is_quantized',
    'is_mkldnn',
  ])('%s throws as in Python', (name) => {
    expect(() => set(torch.ones(2, 2), name, 5)).toThrow(
      named('AttributeError', `attribute '${name}' of 'torch._C.TensorBase' objects is not writable`),
    )
  })

  it.each([
    ['data', 3, 'TypeError', 'Variable data has to be a tensor, but got int'],
    ['data', null, 'TypeError', 'Variable data has to be a tensor, but got NoneType'],
    ['grad', 5, 'TypeError', 'assigned grad expected to be a Tensor or None but got grad of type number'],
    ['requires_grad', 'yes', 'RuntimeError', 'requires_grad must be a bool'],
    ['grad_dtype', 'yes', 'RuntimeError', 'grad_dtype must be a torch.dtype or None, but got str'],
    ['real', 'yes', 'TypeError', "can't assign a string to a torch.FloatTensor"],
    ['imag', 5, 'RuntimeError', 'imag is not implemented for tensors with non-complex dtypes.'],
  ])('%s refuses %s', (name, value, kind, message) => {
    expect(() => set(torch.ones(2), name, value)).toThrow(named(kind, message))
  })

  it('real and imag take numbers and tensors', () => {
    const x = torch.zeros([2], { dtype: torch.complex64 })
    set(x, 'real', 2)
    set(x, 'imag', torch.tensor([3, 4]))
    expect(torch.view_as_real(x).tolist()).toEqual([
      [2, 3],
      [2, 4],
    ])
  })
})
