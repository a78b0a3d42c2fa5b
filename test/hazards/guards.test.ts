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

  it('a source in oneDNN’s layout is not read as if it were strided', () => {
    const source = torch.ones([3, 3]).to(torch.bfloat16).to_mkldnn()
    const index = torch.tensor([0n, 1n, 2n])
    expect(() => torch.ones([3, 3], { dtype: torch.uint8 }).index_copy_(0, index, source)).toThrow(
      'index_copy_(): Expected a strided tensor for source, but got layout Mkldnn',
    )
  })

  const mkldnn = (shape: number[], dtype = torch.float32) => torch.ones(shape, { dtype }).to_mkldnn()
  const narrow = mkldnn([2, 3, 3], torch.int8)
  it.each([
    ['zero_', () => narrow.zero_()],
    ['new_zeros', () => narrow.new_zeros([40])],
    ['diag_embed', () => narrow.diag_embed(3, { dim2: 3 })],
  ])('%s in oneDNN’s layout writes floats alone', (_, call) => {
    expect(call).toThrow('zero_(): a tensor of layout Mkldnn has to be of dtype Float, but got Char')
  })

  it('what is right in oneDNN’s layout goes on as it did', () => {
    expect(mkldnn([3]).zero_().to_dense().tolist()).toEqual([0, 0, 0])
    expect(mkldnn([2, 0, 1]).transpose(0, 1).shape).toEqual([0, 2, 1])
    const x = torch.arange(6).reshape(1, 2, 3).to(torch.float32)
    expect(x.to_mkldnn().transpose(1, -1).to_dense().equal(x.transpose(1, -1))).toBe(true)
    expect(() => mkldnn([2, 0, 1]).transpose(0, 5)).toThrow(torch.IndexError)
  })

  it('a layer of oneDNN is handed tensors of the sizes that it reads', () => {
    const layer = (T: number, N: number, C: number, H: number, mode = 2) =>
      (torch.mkldnn_rnn_layer as (...args: unknown[]) => torch.Tensor[])(
        ...[torch.ones(T, N, C), torch.ones(20, 4), torch.ones(20, 5), torch.ones(20), torch.ones(20)],
        ...[torch.ones(2, 5), torch.ones(2, 5), false, [], mode, H, 1, true, false, false, false],
      )
    expect(layer(3, 2, 4, 5)[0]!.shape).toEqual([3, 2, 5])
    expect(() => layer(3, 0, 4, 5)).toThrow(
      'expected an input of three dimensions with elements, got sizes [3, 0, 4]',
    )
    expect(() => layer(3, 2, 4, 6)).toThrow('expected weight0 to have 96 elements, got 80')
    expect(() => layer(3, 4, 4, 5)).toThrow('expected hx_ to have 20 elements, got 10')
    expect(() => layer(3, 2, 4, 5, 1)).toThrow('expected mode 2, an LSTM, got 1')
  })

  it('the distances of no rows have gradients', () => {
    const x = torch.ones([0, 2], { requires_grad: true })
    torch.pdist(x).sum().backward()
    expect(x.grad!.shape).toEqual([0, 2])
    const y = torch.tensor([[0, 3], [4, 0]], { requires_grad: true }) // biome-ignore format: a matrix
    torch.pdist(y).sum().backward()
    expect(y.grad!.at(1).tolist()).toEqual([Math.fround(0.8), Math.fround(-0.6)])
  })

  it.each([
    ['view', (q: torch.Tensor) => q.view(torch.uint8)],
    ['view_copy', (q: torch.Tensor) => torch.view_copy(q, torch.uint8)],
  ])('%s makes no quantized tensor one of another dtype', (_, call) => {
    expect(() => call(torch.quantize_per_tensor(torch.ones(3), 1, 0, torch.quint8))).toThrow(
      "a quantized tensor can't be viewed as another dtype: expected self not to be quantized, but got QUInt8",
    )
  })

  it('a range for quantization is looked for in the tensor’s own elements, in steps that end', () => {
    const range = (x: torch.Tensor, bins: number, ratio: number) =>
      torch.choose_qparams_optimized(x, 4, bins, ratio, 8).map((bound) => bound.item())
    const x = torch.tensor([0, 1, 2, 3])
    expect(range(x, 200, 0.16)).toEqual([3, 0])
    expect(range(torch.ones([]).expand(4), 10, 0.1)).toEqual([1, 1])
    expect(() => range(x, -1, 0.16)).toThrow('Expected n_bins from 0 to 16777216, but got -1')
    expect(() => range(x, 1, 1e300)).toThrow('Expected a finite ratio, but got 1e+300')
  })

  it('a nested tensor is taken from by a dimension from the end', () => {
    const nested = torch.nested.nested_tensor([torch.tensor([[1, 2, 3]]), torch.tensor([[4, 5, 6], [7, 8, 9]])]) // biome-ignore format: one call
    const values = (from: torch.Tensor) => from.unbind().map((each) => each.tolist())
    expect(values(nested.select(-1, 2))).toEqual([[3], [6, 9]])
    expect(values(nested.select(2, 2))).toEqual([[3], [6, 9]])
    expect(() => nested.select(-1, 3)).toThrow(
      'index 3 is out of bounds for dimension 1 of the 0th constituent',
    )
    expect(() => nested.select(-4, 0)).toThrow('Dimension out of range')
    expect(() => torch.trapz(nested)).toThrow(torch.IndexError)
  })

  it('an LSTM has a cell state for each hidden state', () => {
    const { float64 } = torch
    const ones = (...shape: number[]) => torch.ones(shape, { dtype: float64 })
    const weights = [ones(4, 1), ones(4, 1)]
    const [states, fewer] = [ones(2, 2, 1), ones(1, 2, 1)]
    const run = (hx: torch.Tensor[], layers: number) =>
      torch.lstm(ones(2, 2, 1), hx, [...weights, ...weights], false, layers, 0, false, false, true)
    expect(run([states, states], 2)[0].shape).toEqual([2, 2, 1])
    expect(() => run([states, fewer], 2)).toThrow(
      'lstm expects a cell state for each of 2 hidden states, but got 1',
    )
    expect(() => torch.lstm(ones(4, 1), torch.tensor([2n, 2n]), [states, fewer], weights, false, 1, 0, false, false)).toThrow('lstm expects a cell state for each of 2 hidden states, but got 1') // biome-ignore format: one call
    expect(() => run([states], 2)).toThrow('lstm expects two hidden states')
  })

  it('nothing is no list for a quantized tensor to take', () => {
    const q = torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.quint8)
    expect(torch.cat([q, q]).dequantize().tolist()).toEqual([1, 1, 1, 1].map((one) => expect.closeTo(one, 5)))
    for (const cat of [torch.cat, torch.concat, torch.concatenate])
      expect(() => cat([], { out: q })).toThrow('torch.cat(): expected a non-empty list of Tensors')
  })

  it('a size looks at one item after the other', () => {
    expect(() => new torch.Size(torch.ones([]).expand([2 ** 20, 2]) as never)).toThrow(
      "torch.Size() takes an iterable of 'int' (item 0 is 'Tensor')",
    )
  })

  it('nested numbers have no dimension to be split', () => {
    const nested = torch.nested.nested_tensor([torch.ones([]), torch.ones([])])
    expect(() => nested.split([1, 1])).toThrow(
      'Expected a nested tensor of at least two dimensions, but got 1',
    )
  })

  it('an out of another device is refused before the work is done', () => {
    const out = torch.ones([3, 4], { device: 'meta' })
    expect(() => torch.logsumexp(torch.ones([]).expand([2 ** 40]), [-1], { out })).toThrow(
      'Attempting to copy from device cpu to device meta, but cross-device copies are not allowed!',
    )
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
