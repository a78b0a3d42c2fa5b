import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'
import { is_about_memory, with_shared_memory } from './overlap.js'

const complaint = (what: string) =>
  `unsupported operation: ${what} to a single memory location. Please clone() the tensor before performing the operation.`
const within = complaint('more than one element of the written-to tensor refers')
const between = complaint('some elements of the input tensor and the written-to tensor refer')

const calls = (message: string, input: torch.Tensor, out: torch.Tensor) => [
  ...with_shared_memory(message, () => ({ args: [input], keywords: { out } })),
]

describe('memory that recorded tensors shared', () => {
  it('is told from the complaint', () => {
    expect([within, between, 'kthvalue(): selected number k out of range'].map(is_about_memory)).toEqual([
      true,
      true,
      false,
    ])
  })

  it('is an expanded output where its elements are equal', () => {
    const [call, ...others] = calls(within, torch.zeros(3), torch.full([3], 2))
    expect(others).toEqual([])
    const out = call!.keywords['out'] as torch.Tensor
    expect([out.stride(), out.tolist()]).toEqual([[0], [2, 2, 2]])
    expect(() => torch.take(torch.zeros(3), torch.tensor([0n, 1n, 2n]), { out })).toThrow(within)
    expect(calls(within, torch.zeros(3), torch.tensor([1, 2, 2]))).toEqual([])
  })

  it('is one memory where two tensors hold the same elements, or one continues the other', () => {
    const arrangements = calls(between, torch.tensor([1, 2, 3]), torch.tensor([2, 3, 4])).map((call) => [
      (call.args[0] as torch.Tensor).tolist(),
      (call.keywords['out'] as torch.Tensor).tolist(),
      (call.keywords['out'] as torch.Tensor).data_ptr() - (call.args[0] as torch.Tensor).data_ptr(),
    ])
    expect(arrangements).toEqual([[[1, 2, 3], [2, 3, 4], 4]])
    const [same] = calls(between, torch.tensor([1, 2]), torch.tensor([1, 2]))
    expect((same!.args[0] as torch.Tensor).is(same!.keywords['out'] as torch.Tensor)).toBe(true)
    expect(calls(between, torch.tensor([1, 2]), torch.tensor([3, 4]))).toEqual([])
  })
})
