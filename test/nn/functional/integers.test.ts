import * as torch from 'typetorch'
import { nn } from 'typetorch'
import { describe, expect, it } from 'vitest'

const F = nn.functional
const x = torch.randn(2, 3)
const [labels, places] = [
  torch.tensor([0, 1]),
  torch.tensor([
    [0, 1],
    [1, 0],
  ]),
]
const weight = torch.randn(4, 3)

const calls: [string, () => unknown][] = [
  ['cross_entropy', () => F.cross_entropy(x, labels)],
  ['CrossEntropyLoss', () => new nn.CrossEntropyLoss()(x, labels)],
  ['nll_loss', () => F.nll_loss(x, labels)],
  ['nll_loss of images', () => F.nll_loss(torch.randn(1, 3, 2, 2), torch.ones(1, 2, 2))],
  ['multi_margin_loss', () => F.multi_margin_loss(x, labels)],
  [
    'ctc_loss',
    () => F.ctc_loss(torch.randn(5, 1, 3), torch.tensor([[1, 2]]), torch.tensor([5]), torch.tensor([2])),
  ],
  ['embedding', () => F.embedding(labels, weight)],
  ['Embedding', () => new nn.Embedding(4, 3)(labels)],
  ['embedding_bag', () => F.embedding_bag(places, weight)],
  ['one_hot', () => F.one_hot(labels)],
  ['gather', () => x.gather(1, places)],
  ['scatter', () => x.scatter(1, places, 1)],
  ['scatter_add', () => x.scatter_add(1, places, places)],
  ['scatter_reduce', () => x.scatter_reduce(1, places, places, 'sum')],
  ['index_select', () => x.index_select(0, labels)],
  ['index_add', () => x.index_add(0, labels, x)],
  ['index_fill', () => x.index_fill(0, labels, 1)],
  ['index_copy', () => x.index_copy(0, labels, x)],
  ['index_reduce', () => x.index_reduce(0, labels, x, 'prod')],
  ['take', () => x.take(labels)],
  ['put', () => x.put(labels, labels)],
  ['take_along_dim', () => torch.take_along_dim(x, places, 1)],
  ['bincount', () => torch.bincount(labels)],
  ['repeat_interleave', () => torch.repeat_interleave(x, labels, 0)],
  ['tensor_split', () => x.tensor_split(torch.tensor([1]))],
  ['at', () => x.at(labels)],
]

describe('Floats where integers are wanted', () => {
  it.each(calls)('%s says how to make integers', (_, call) => {
    expect(call).toThrow(/make it with \{ dtype: torch\.long \} or bigints$/)
  })

  it('other refusals say nothing of it', () => {
    expect(() => F.embedding(torch.tensor([9n]), weight)).toThrow(/^(?!.*torch\.long)/)
    expect(() => torch.ones(2).add(torch.ones(3))).toThrow(/^(?!.*torch\.long)/)
  })
})
