import * as torch from 'typetorch'
import { nn } from 'typetorch'
import { describe, expect, it, vi } from 'vitest'
import { compare_rows } from '../helpers/rows.js'

describe('nn.grad, as Python', () => {
  compare_rows([
    {
      python:
        "__import__('torch.nn.grad').nn.grad.conv2d_input((2, 4, 9, 8), torch.randn(6, 2, 3, 3), torch.randn(2, 6, 5, 4), stride=2, padding=1, groups=2)",
      ours: () =>
        nn.grad.conv2d_input([2, 4, 9, 8], torch.randn(6, 2, 3, 3), torch.randn(2, 6, 5, 4), {
          stride: 2,
          padding: 1,
          groups: 2,
        }),
    },
    {
      python:
        "__import__('torch.nn.grad').nn.grad.conv2d_weight(torch.randn(2, 4, 9, 8), (6, 4, 3, 3), torch.randn(2, 6, 7, 6))",
      ours: () => nn.grad.conv2d_weight(torch.randn(2, 4, 9, 8), [6, 4, 3, 3], torch.randn(2, 6, 7, 6)),
    },
    {
      python:
        "__import__('torch.nn.grad').nn.grad.conv1d_input((1, 1, 3), torch.randn(1, 1, 1), torch.randn(1, 1, 3))",
      ours: () => nn.grad.conv1d_input([1, 1, 3], torch.randn(1, 1, 1), torch.randn(1, 1, 3)),
    },
    {
      python:
        "__import__('torch.nn.grad').nn.grad.conv3d_weight(torch.randn(1, 2, 4, 4, 4), (3, 2, 2, 2, 2), torch.randn(1, 3, 3, 3, 3))",
      ours: () =>
        nn.grad.conv3d_weight(torch.randn(1, 2, 4, 4, 4), [3, 2, 2, 2, 2], torch.randn(1, 3, 3, 3, 3)),
    },
  ])
})

it('modules and parameters are found under Python’s module names', () => {
  expect(nn.modules.Linear).toBe(nn.Linear)
  expect(nn.parameter.Parameter).toBe(nn.Parameter)
  expect(nn.parameter.UninitializedParameter).toBe(nn.UninitializedParameter)
})

it('Hardtanh takes its old keywords, with a warning', () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const m = new nn.Hardtanh({ min_value: -2, max_value: 3 })
  expect([m.min_val, m.max_val]).toEqual([-2, 3])
  expect(warn.mock.calls.map(([text]) => text)).toEqual([
    'keyword argument `min_value` is deprecated and renamed to `min_val`',
    'keyword argument `max_value` is deprecated and renamed to `max_val`',
  ])
  warn.mockRestore()
})
