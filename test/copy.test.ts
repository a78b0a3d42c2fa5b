import * as torch from 'typetorch'
import { nn, type Tensor } from 'typetorch'
import { describe, expect, it } from 'vitest'
import { own_attributes } from '../lib/identity.js'
import { temporary_folder } from './helpers/folder.js'

const path = temporary_folder()
const with_own = <T extends Tensor, O extends object>(tensor: T, own: O): T & O => Object.assign(tensor, own)
const own_of = (tensor: Tensor) => Object.fromEntries(own_attributes(tensor))

describe('deepcopy of tensors, as copy.deepcopy in Python', () => {
  it('keeps views of one storage views of one storage within one copy', () => {
    const base = torch.arange(6, { dtype: torch.float32 })
    const parts = [base, base.at('1:3'), base.view(2, 3).t(), { deep: [base.view(torch.int32)] }] as const
    const [copied, part, transposed, { deep }] = torch.deepcopy(parts)
    copied.fill_(7)
    expect(part.tolist()).toEqual([7, 7])
    expect(transposed.tolist()).toEqual([
      [7, 7],
      [7, 7],
      [7, 7],
    ])
    expect(deep[0]!.view(torch.float32).tolist()).toEqual([7, 7, 7, 7, 7, 7])
    expect([part.storage_offset(), transposed.stride()]).toEqual([1, [1, 3]])
    expect(base.tolist()).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('shares no storage between two copies, and does by one memo', () => {
    const base = torch.ones(2)
    const [a, b] = [torch.deepcopy(base), torch.deepcopy(base)]
    expect(a.data_ptr()).not.toBe(b.data_ptr())
    const memo: torch.Memo = new Map()
    const [c, d] = [torch.deepcopy(base.view(2, 1), memo), torch.deepcopy(base, memo)]
    expect(c.data_ptr()).toBe(d.data_ptr())
  })

  it.each([
    ['expanded', () => torch.ones(3).expand(4, 3)],
    ['strided', () => torch.arange(24).reshape(4, 6).at('::2', '::3')],
    ['channels last', () => torch.ones(1, 2, 3, 4).to({ memory_format: torch.channels_last })],
    ['empty', () => torch.ones(0, 3)],
    ['of one element', () => torch.tensor(3)],
    ['of four-bit floats', () => torch.zeros([3], { dtype: torch.uint8 }).view(torch.float4_e2m1fn_x2)],
    ['of bits', () => torch.zeros([3], { dtype: torch.uint8 }).view(torch.bits8)],
  ])('keeps the strides of a tensor that is %s', (_name, make) => {
    const tensor = make()
    const copied = torch.deepcopy(tensor)
    expect([copied.shape, copied.stride(), copied.dtype]).toEqual([
      tensor.shape,
      tensor.stride(),
      tensor.dtype,
    ])
    expect(copied.untyped_storage().nbytes()).toBe(tensor.untyped_storage().nbytes())
    expect(copied.untyped_storage().tolist()).toEqual(tensor.untyped_storage().tolist())
    if (tensor.numel() > 0) expect(copied.data_ptr()).not.toBe(tensor.data_ptr())
  })

  it.each([
    ['sparse', () => torch.eye(3).to_sparse()],
    ['sparse by rows', () => torch.eye(3).to_sparse_csr()],
    ['quantized', () => torch.quantize_per_tensor(torch.ones(2), 0.5, 1, torch.qint8)],
    ['nested', () => torch.nested.nested_tensor([torch.ones(1), torch.ones(2)])],
    ['meta', () => torch.ones([2], { device: 'meta' })],
  ])('copies one that is %s', (_name, make) => {
    const tensor = make()
    const copied = torch.deepcopy(tensor)
    expect(String(copied)).toBe(String(tensor))
    expect([copied.layout, copied.dtype, copied.device.type]).toEqual([
      tensor.layout,
      tensor.dtype,
      tensor.device.type,
    ])
  })

  it('computes conjugation and negation', () => {
    const copied = torch.deepcopy(torch.view_as_complex(torch.tensor([[1, 2]])).conj())
    expect([copied.is_conj(), copied.imag.tolist()]).toEqual([false, [-2]])
    const negated = torch.deepcopy(torch.view_as_complex(torch.tensor([[1, 2]])).conj().imag)
    expect([negated.is_neg(), negated.tolist()]).toEqual([false, [-2]])
  })

  it("copies a leaf's gradient, and none of a parameter", () => {
    const leaf = torch.ones([2], { requires_grad: true })
    leaf.grad = torch.ones(2)
    const copied = torch.deepcopy(leaf)
    expect([copied.requires_grad, copied.grad!.tolist()]).toEqual([true, [1, 1]])
    expect(copied.grad!.data_ptr()).not.toBe(leaf.grad.data_ptr())
    const parameter = new nn.Parameter(torch.arange(6, { dtype: torch.float32 }).view(2, 3).t())
    parameter.grad = torch.ones(3, 2)
    const again = torch.deepcopy(with_own(parameter, { note: 1 }))
    expect([again instanceof nn.Parameter, again.requires_grad, again.grad, again.stride()]).toEqual([
      true,
      true,
      null,
      [1, 3],
    ])
    expect(own_of(again)).toEqual({})
    expect(torch.deepcopy(new nn.Parameter(torch.ones(1), false)).requires_grad).toBe(false)
    // As in Python, its values are a copy of their own.
    const expanded = torch.deepcopy(new nn.Parameter(torch.ones(3).expand(4, 3)))
    expect(expanded.stride()).toEqual([3, 1])
  })

  it("copies a tensor's own attributes, also where they lead back to it", () => {
    const tensor = torch.ones(2)
    const note = { sizes: [1], of: tensor }
    const copied = torch.deepcopy(with_own(tensor, { note }))
    expect(Object.keys(own_of(copied))).toEqual(['note'])
    expect(copied.note.of).toBe(copied)
    copied.note.sizes.push(2)
    expect(note.sizes).toEqual([1])
    const buffer = torch.deepcopy(with_own(new nn.Buffer(torch.ones(2), { persistent: false }), { tag: 'a' }))
    expect([buffer instanceof nn.Buffer, own_of(buffer)]).toEqual([true, { persistent: false, tag: 'a' }])
  })

  it('copies storages with the tensors over them', () => {
    const base = torch.ones(2)
    const [copied, untyped, typed] = torch.deepcopy([base, base.untyped_storage(), base.storage()] as const)
    expect([untyped.data_ptr(), typed.data_ptr()]).toEqual([copied.data_ptr(), copied.data_ptr()])
    expect([untyped instanceof torch.UntypedStorage, typed.dtype]).toEqual([true, torch.float32])
  })

  it('copies one record of a mapped file, not the file', () => {
    torch.save({ a: torch.ones(1000), b: torch.ones(2) }, path('mapped.pt'))
    const { b } = torch.load<{ a: Tensor; b: Tensor }>(path('mapped.pt'), { mmap: true })
    expect(b.untyped_storage().nbytes()).toBeGreaterThan(4000)
    const copied = torch.deepcopy(b)
    expect([copied.untyped_storage().nbytes(), copied.tolist()]).toEqual([8, [1, 1]])
  })

  it('throws for a disposed tensor', () => {
    const tensor = torch.ones(1)
    tensor.dispose()
    expect(() => torch.deepcopy({ tensor })).toThrow('disposed')
  })
})

describe('deepcopy of other things', () => {
  it("copies a user's class that is called as one of ours", () => {
    class Device {
      list = [1]
    }
    const device = new Device()
    const copied = torch.deepcopy(device)
    copied.list.push(2)
    expect(device.list).toEqual([1])
    expect(torch.deepcopy(torch.device('cpu')).type).toBe('cpu')
    expect(torch.deepcopy([torch.float32, torch.strided])).toEqual([torch.float32, torch.strided])
  })

  it("keeps a state_dict's versions", () => {
    const state = torch.deepcopy(new nn.BatchNorm1d(2).state_dict()) as unknown as { _metadata: object }
    expect(Object.keys(state)).not.toContain('_metadata')
    expect({ ...state._metadata }).toEqual({ '': { version: 2 } })
  })

  it('copies bytes', () => {
    const bytes = new Uint8Array([1, 2]).buffer
    const copied = torch.deepcopy(bytes)
    expect(copied).not.toBe(bytes)
    expect([...new Uint8Array(copied)]).toEqual([1, 2])
  })
})
