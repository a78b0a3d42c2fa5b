import * as torch from 'typetorch'
import { nn, type Tensor } from 'typetorch'
import { describe, expect, it } from 'vitest'

function parameter(grad: number[]): Tensor {
  const made = new nn.Parameter(torch.zeros(grad.length))
  made.grad = torch.tensor(grad)
  return made
}

const both = () => [parameter([3, 4]), parameter([12])]

describe('the degree and the length of clip_grad_norm_', () => {
  it("are converted as by Python's float()", () => {
    for (const norm_type of ['inf', 'Infinity', ' +INF ', Number.POSITIVE_INFINITY]) {
      const p = both()
      expect(nn.utils.clip_grad_norm_(p, 1, norm_type).item()).toBe(12)
      expect(torch.allclose(p[0]!.grad!, torch.tensor([0.25, 1 / 3]))).toBe(true)
      expect(torch.allclose(p[1]!.grad!, torch.tensor([1]))).toBe(true)
    }
    expect(nn.utils.get_total_norm([torch.tensor([3, -4])], '-inf').item()).toBe(3)
    expect(nn.utils.clip_grad_norm_(both(), '1e-1', { norm_type: '2' }).item()).toBe(13)
    expect(nn.utils.clip_grad_norm_(both(), torch.tensor(1), torch.float_scalar(1)).item()).toBe(19)
  })

  it('throw ValueError or TypeError for what is no number', () => {
    for (const word of ['', 'two', '0x10', 'e5', '.', '1_', 'infinite'])
      expect(() => nn.utils.clip_grad_norm_(both(), 1, word)).toThrow(
        new torch.ValueError(`could not convert string to float: '${word}'`),
      )
    expect(() => nn.utils.clip_grad_value_(both(), null as never)).toThrow(
      "float() argument must be a string or a real number, not 'NoneType'",
    )
    expect(() => nn.utils.clip_grads_with_norm_(both(), 1, 5 as never)).toThrow(
      "clip_grads_with_norm_(): argument 'total_norm' must be Tensor, not number",
    )
  })
})
