import * as torch from 'typetorch'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { live_torch, run_python } from '../helpers/python.js'

const leaf = (value: number) => torch.tensor([value], { requires_grad: true })
const scaler_on_cpu = (options: torch.amp.GradScalerOptions = {}) =>
  new torch.amp.GradScaler({ device: 'cpu', init_scale: 4, growth_interval: 2, ...options })

describe('GradScaler', () => {
  it('scales the loss, unscales the gradients, and grows the scale', () => {
    const scaler = scaler_on_cpu()
    const param = leaf(1)
    const optimizer = new torch.optim.SGD([param], { lr: 0.5 })
    const scales: number[] = []
    for (let i = 0; i < 4; i++) {
      optimizer.zero_grad()
      const scaled = scaler.scale(param.mul(2).sum())
      expectTypeOf(scaled).toEqualTypeOf<torch.Tensor>()
      scaled.backward()
      scaler.step(optimizer as never)
      expect(param.grad!.item()).toBe(2)
      scaler.update()
      scales.push(scaler.get_scale())
    }
    expect(scales).toEqual([4, 8, 8, 16])
    expect(param.item()).toBe(-3)
  })

  it('leaves out a step with infinite gradients and lowers the scale', () => {
    const scaler = scaler_on_cpu()
    const param = leaf(1)
    const optimizer = new torch.optim.SGD([param], { lr: 0.5 })
    scaler.scale(param.mul(Number.POSITIVE_INFINITY).sum()).backward()
    expect(scaler.step(optimizer as never)).toBeNull()
    scaler.update()
    expect([param.item(), scaler.get_scale()]).toEqual([1, 2])
  })

  it('hands the scale to a fused optimizer', () => {
    const scaler = scaler_on_cpu()
    const param = leaf(1)
    const optimizer = new torch.optim.SGD([param], { lr: 0.5, fused: true })
    scaler.scale(param.mul(2).sum()).backward()
    scaler.step(optimizer as never)
    scaler.update()
    expect(param.item()).toBe(0)
    expect('grad_scale' in optimizer).toBe(false)
  })

  it('refuses what comes out of order', () => {
    const scaler = scaler_on_cpu()
    const param = leaf(1)
    const optimizer = new torch.optim.SGD([param], { lr: 0.5 }) as never
    expect(() => scaler.step(optimizer)).toThrow('Attempted step but _scale is None.')
    expect(() => scaler.scale(3 as never)).toThrow('outputs must be a Tensor or an iterable of Tensors')
    scaler.scale(param.sum()).backward()
    expect(() => scaler.update()).toThrow('No inf checks were recorded prior to update.')
    scaler.unscale_(optimizer)
    expect(() => scaler.unscale_(optimizer)).toThrow(
      'unscale_() has already been called on this optimizer since the last update().',
    )
    scaler.step(optimizer)
    expect(() => scaler.step(optimizer)).toThrow('step() has already been called since the last update().')
    expect(() => scaler.unscale_(optimizer)).toThrow('unscale_() is being called after step().')
    expect(() => scaler_on_cpu({ growth_factor: 1 })).toThrow('The growth factor must be > 1.0.')
    expect(() => scaler_on_cpu({ backoff_factor: 1 })).toThrow('The backoff factor must be < 1.0.')
  })

  it('passes everything through where it is not enabled', () => {
    const scaler = scaler_on_cpu({ enabled: false })
    const loss = torch.ones(1)
    expect(scaler.scale(loss)).toBe(loss)
    expect([scaler.get_scale(), scaler.is_enabled(), scaler.state_dict()]).toEqual([1, false, {}])
    expect(() => scaler_on_cpu().load_state_dict({})).toThrow('The source state dict is empty')
  })

  it.skipIf(!live_torch())('has the state of a live Python', () => {
    const expected = run_python(`
import json, torch
scaler = torch.amp.GradScaler('cpu', init_scale=4.0, growth_interval=2)
p = torch.ones(1, requires_grad=True)
optimizer = torch.optim.SGD([p], lr=0.5)
out = []
for factor in (1.0, float('inf'), 2.0, 3.0, float('nan'), 1.0):
    optimizer.zero_grad()
    scaler.scale([(p * factor).sum()])[0].backward()
    scaler.unscale_(optimizer)
    scaler.step(optimizer)
    scaler.update()
    out.append([p.item(), scaler.state_dict()])
print(json.dumps(out))
`)
    const scaler = scaler_on_cpu()
    const param = leaf(1)
    const optimizer = new torch.optim.SGD([param], { lr: 0.5 })
    const out = [1, Number.POSITIVE_INFINITY, 2, 3, Number.NaN, 1].map((factor) => {
      optimizer.zero_grad()
      scaler.scale([param.mul(factor).sum()])[0]!.backward()
      scaler.unscale_(optimizer as never)
      scaler.step(optimizer as never)
      scaler.update()
      return [param.item(), scaler.state_dict()]
    })
    expect(out).toEqual(expected)
  })
})
