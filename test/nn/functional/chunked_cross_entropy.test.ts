import * as torch from 'typetorch'
import { nn, type Tensor } from 'typetorch'
import { describe, expect, it } from 'vitest'
import { compare_rows, type Row } from '../../helpers/rows.js'

const F = nn.functional
const { float32, float64, float16, bfloat16 } = torch
const dtypes = { float32, float64, float16, bfloat16 }
type Dtype = keyof typeof dtypes
type Options = ConstructorParameters<typeof nn.LinearCrossEntropyOptions>[0] & { acc?: Dtype }

interface Case {
  dtype: Dtype
  options: Options
  reduction?: 'mean' | 'sum' | 'none'
  classes?: number
  ignore_index?: number
  bias?: boolean
  weight?: boolean
}

const python_value = (value: unknown): string =>
  value === null ? 'None' : typeof value === 'boolean' ? (value ? 'True' : 'False') : JSON.stringify(value)

/** The loss of 37 rows and its three gradients. */
function row({ dtype, options, reduction = 'mean', classes = 12, ignore_index, bias, weight }: Case): Row {
  const { acc, ...others } = options
  const keywords = Object.entries(others).map(([name, value]) => `${name}=${python_value(value)}`)
  if (acc !== undefined) keywords.push(`acc_dtype=torch.${acc}`)
  const ignored = ignore_index === undefined ? '' : `, ignore_index=${ignore_index}`
  const python = `(lambda x, w, t, b, c: (lambda loss: (loss.backward(torch.linspace(1, 2, loss.numel(), dtype=loss.dtype).reshape(loss.shape)), [loss, x.grad, w.grad] + ${bias ? '[b.grad]' : '[]'})[1])(F.linear_cross_entropy(x, w, t, linear_bias=${bias ? 'b' : 'None'}, weight=${weight ? 'c' : 'None'}, reduction='${reduction}'${ignored}, options=torch.nn.LinearCrossEntropyOptions(${keywords.join(', ')}))))(torch.randn(37, 8).to(torch.${dtype}).requires_grad_(), torch.randn(${classes}, 8).to(torch.${dtype}).requires_grad_(), torch.randint(0, ${classes}, (37,)), torch.randn(${classes}).to(torch.${dtype}).requires_grad_(), torch.rand(${classes}).to(torch.${dtype}))`
  const ours = () => {
    const type = dtypes[dtype]
    const leaf = (x: Tensor) => x.to(type).requires_grad_()
    const x = leaf(torch.randn(37, 8))
    const w = leaf(torch.randn(classes, 8))
    const t = torch.randint(0, classes, [37])
    const b = leaf(torch.randn(classes))
    const c = torch.rand(classes).to(type)
    const loss = F.linear_cross_entropy(x, w, t, {
      linear_bias: bias ? b : null,
      weight: weight ? c : null,
      reduction,
      ...(ignore_index !== undefined && { ignore_index }),
      options: new nn.LinearCrossEntropyOptions({ ...others, ...(acc && { acc_dtype: dtypes[acc] }) }),
    })
    loss.backward(torch.linspace(1, 2, loss.numel(), { dtype: loss.dtype }).reshape(loss.shape))
    return [loss, x.grad, w.grad, ...(bias ? [b.grad] : [])]
  }
  return { python, ours }
}

const rows: Row[] = []
for (const dtype of Object.keys(dtypes) as Dtype[]) {
  for (const reduction of ['mean', 'sum', 'none'] as const) {
    rows.push(row({ dtype, options: {}, reduction }))
    for (const acc_policy of ['accurate', 'balanced', 'compact'] as const) {
      const options = { acc_policy, batch_chunk_size: 8, chunking_method: null }
      rows.push(row({ dtype, options, reduction, bias: true, weight: true, ignore_index: 3 }))
      rows.push(row({ dtype, options, reduction, classes: 5, bias: true, ignore_index: -1 }))
      if (dtype === 'float16' || dtype === 'bfloat16')
        rows.push(row({ dtype, options: { ...options, acc: 'float32' }, reduction, classes: 50, bias: true }))
    }
  }
}
rows.push(
  row({ dtype: 'float32', options: { chunking_method: 'aspect_ratio' }, classes: 60 }),
  row({ dtype: 'float32', options: { chunking_method: 'aspect_ratio:4' }, classes: 60 }),
  row({ dtype: 'float32', options: { chunking_method: 'aspect_ratio', batch_chunk_size: 3 }, classes: 60 }),
  row({ dtype: 'float32', options: { acc: 'float64' } }),
)

describe('linear_cross_entropy in chunks', () => {
  compare_rows(rows)
})

describe('its options', () => {
  compare_rows([
    {
      python: 'str(torch.nn.LinearCrossEntropyOptions())',
      ours: () => String(new nn.LinearCrossEntropyOptions()),
    },
    {
      python: 'torch.nn.LinearCrossEntropyOptions(acc_policy="best")',
      ours: () => new nn.LinearCrossEntropyOptions({ acc_policy: 'best' as never }),
    },
    {
      python: 'torch.nn.LinearCrossEntropyOptions(chunking_method="aspect_ratio:0")',
      ours: () => new nn.LinearCrossEntropyOptions({ chunking_method: 'aspect_ratio:0' }),
    },
    {
      python: 'torch.nn.LinearCrossEntropyOptions(batch_chunk_size=0)',
      ours: () => new nn.LinearCrossEntropyOptions({ batch_chunk_size: 0 }),
    },
    {
      python: 'torch.nn.LinearCrossEntropyOptions(acc_dtype=torch.int64)',
      ours: () => new nn.LinearCrossEntropyOptions({ acc_dtype: torch.int64 }),
    },
    {
      python: 'str(torch.nn.LinearCrossEntropyLoss(3, 4, options=torch.nn.LinearCrossEntropyOptions()))',
      ours: () =>
        String(new nn.LinearCrossEntropyLoss(3, 4, { options: new nn.LinearCrossEntropyOptions() })),
    },
  ])

  const call = (options: Options, input = torch.randn(8, 4, { requires_grad: true })) =>
    F.linear_cross_entropy(input, torch.randn(6, 4), torch.randint(0, 6, [8]), {
      options: new nn.LinearCrossEntropyOptions(options),
    })

  it('let backward run twice only where it is asked for', () => {
    const once = call({})
    once.backward({ retain_graph: true })
    expect(() => once.backward()).toThrow('chunked backward called twice')
    const twice = call({ allow_retain_graph: true })
    twice.backward({ retain_graph: true })
    expect(() => twice.backward()).not.toThrow()
  })

  it('take one row without a batch, and none at all', () => {
    const options = new nn.LinearCrossEntropyOptions()
    const [x, w] = [torch.randn(4), torch.randn(6, 4)]
    for (const reduction of ['mean', 'sum', 'none'] as const) {
      const chunked = F.linear_cross_entropy(x, w, torch.tensor(2n), { options, reduction })
      const whole = F.linear_cross_entropy(x, w, torch.tensor(2n), { reduction })
      expect(chunked.shape).toEqual(whole.shape)
      expect(torch.allclose(chunked, whole)).toBe(true)
    }
    const none = F.linear_cross_entropy(torch.randn(0, 4), w, torch.empty([0], { dtype: torch.int64 }), {
      options,
    })
    expect(none.item()).toBeNaN()
  })
})
