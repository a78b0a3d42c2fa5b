import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'

// What brings LibTorch down from Python too: docs/hazards.md.
describe('guards', () => {
  it.each([
    ['median', () => torch.full([], 5).expand(4, 10).median(1).values, [5, 5, 5, 5]],
    ['nanmedian', () => torch.nanmedian(torch.full([], 5).expand(2, 1024), -1).values, [5, 5]],
    ['median of rows', () => torch.arange(3).expand(5, 3).median(0).values, [0, 1, 2]],
  ])('%s takes an expanded dimension for what it is', (_, call, expected) => {
    expect(call().tolist()).toEqual(expected)
  })

  it('gradients go through the copy', () => {
    const x = torch.tensor([2], { requires_grad: true })
    x.expand(4).median(0).values.backward()
    expect(x.grad!.tolist()).toEqual([1])
  })

  it('a tensor that could not be resized is empty, not torn', () => {
    const out = torch.ones(2)
    expect(() => torch.rand([2 ** 40], { out })).toThrow(torch.OutOfMemoryError)
    expect(out.shape).toEqual([0])
    expect(out.add(1).tolist()).toEqual([])
    const x = torch.ones(3)
    expect(() => x.resize_([2 ** 60])).toThrow(/Storage size calculation overflowed|can't allocate memory/)
    expect(x.sum().item()).toBe(0)
  })

  it('a call that fails for another reason leaves its out alone', () => {
    const out = torch.ones(2)
    expect(() => torch.add(torch.ones(2), torch.ones(3), { out })).toThrow('must match')
    expect(out.tolist()).toEqual([1, 1])
  })

  it('windows beyond int64 are out of range', () => {
    expect(() =>
      torch.nn.functional.max_pool1d(torch.ones(3, 2), (2n ** 63n - 1n) as never, { dilation: 1 }),
    ).toThrow('integer out of range: 9223372036854775807')
  })

  it.each([
    ['of five dimensions', () => torch.fbgemm_linear_quantize_weight(torch.ones(2, 1, 3, 0, 3)), 'expected a matrix, got 5 dimensions'],
    ['smaller than it says', () => torch.fbgemm_pack_quantized_matrix(torch.ones([2, 2], { dtype: torch.int8 }), 3, 2), 'has no 3 by 2 elements'],
  ])('FBGEMM is handed no matrix %s', (_, call, text) => expect(call).toThrow(text)) // biome-ignore format: a case a line

  it('an LSTM cell has two states', () => {
    const weights = Array.from({ length: 8 }, () => torch.ones(8))
    const cell = torch.quantized_lstm_cell as (...args: unknown[]) => unknown
    expect(() => cell(torch.ones(1, 2), [torch.ones(1, 2)], ...weights, 1, 1, 0, 0)).toThrow(
      'lstm_cell expects two hidden states',
    )
  })

  it('an index has strided memory', () => {
    const x = torch.ones(2, 2)
    expect(() => x.index_copy_(0, torch.ones(1).to_mkldnn(), torch.ones(1, 2))).toThrow(
      'index_copy(): Expected a strided tensor for index, but got layout Mkldnn',
    )
    expect(x.index_copy_(0, torch.tensor([1n]), torch.zeros(1, 2)).tolist()).toEqual([
      [1, 1],
      [0, 0],
    ])
  })

  it('no groups on the meta device', () => {
    const x = torch.ones([2, 2, 3], { device: 'meta' })
    expect(() => torch.native_group_norm(x, null, null, 2, 2, 3, 0, 1e-5)).toThrow(
      'Expected num groups to be greater than 0, got 0',
    )
  })

  it('a list that holds itself has too many dimensions', () => {
    const list: unknown[] = []
    list.push(list)
    expect(() => torch.tensor(list as number[])).toThrow("too many dimensions 'list'")
  })

  it('a list that holds itself is no index', () => {
    const list: unknown[] = []
    list.push(list)
    const x = torch.ones(3, 3)
    for (const call of [
      () => x.at(list as never),
      () => x.at(list as never, 0),
      () => x.set_at(list as never, 1),
    ])
      expect(call).toThrow(new TypeError('new(): self-referential lists are incompatible'))
    const other = [list[0]]
    list[0] = other
    other[0] = list
    expect(() => x.at(list as never)).toThrow("too many dimensions 'list'")
  })
})
