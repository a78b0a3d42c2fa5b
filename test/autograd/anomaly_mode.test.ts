import * as torch from 'typetorch'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

let warnings: string[] = []
beforeEach(() => {
  warnings = []
  torch.set_warn_always(true)
  vi.spyOn(process, 'emitWarning').mockImplementation((warning) => void warnings.push(String(warning)))
})
afterEach(() => {
  vi.restoreAllMocks()
  torch.set_warn_always(false)
})

function root_of_negative(x: torch.Tensor) {
  return x.sqrt()
}

describe('detect_anomaly', () => {
  it('names the operator that gave NaN, and the line that called it', () => {
    expect(() =>
      torch.autograd.detect_anomaly(() => {
        const x = torch.tensor([0], { requires_grad: true, dtype: torch.float32 })
        const y = root_of_negative(x).mul(0)
        y.backward()
      }),
    ).toThrow("Function 'SqrtBackward0' returned nan values in its 0th output.")
    expect(warnings[0]).toContain('Anomaly Detection has been enabled')
    expect(warnings[1]).toContain('Error detected in SqrtBackward0. Traceback of forward call')
    expect(warnings[1]).toContain('root_of_negative')
    expect(warnings[1]).toContain('anomaly_mode.test.ts')
    expect(torch.is_anomaly_enabled()).toBe(false)
  })

  it('says so where the forward pass was not watched', () => {
    const x = torch.tensor([0], { requires_grad: true, dtype: torch.float32 })
    const y = x.sqrt().mul(0)
    expect(() => torch.autograd.detect_anomaly(() => y.backward())).toThrow('SqrtBackward0')
    expect(warnings[1]).toContain('No forward pass information available.')
  })

  it('may leave NaN alone, and be set for good', () => {
    const x = torch.tensor([0], { requires_grad: true, dtype: torch.float32 })
    torch.autograd.detect_anomaly({ check_nan: false }, () => x.sqrt().mul(0).backward())
    expect(Number.isNaN(x.grad!.item())).toBe(true)
    {
      using _ = torch.autograd.set_detect_anomaly(true)
      expect(torch.is_anomaly_enabled()).toBe(true)
      expect(torch.is_anomaly_check_nan_enabled()).toBe(true)
    }
    expect(torch.is_anomaly_enabled()).toBe(false)
  })
})
