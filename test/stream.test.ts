import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'
import { compare_rows } from './helpers/rows.js'

const cpu = () => new torch.Stream('cpu')
const event = (enable_timing = false) => new torch.Event('cpu', { enable_timing })

describe('torch.Stream and torch.Event on a processor', () => {
  compare_rows([
    { python: 'str(torch.Stream())', ours: () => String(new torch.Stream()) },
    {
      python: 'str(torch.Stream(device="cpu", priority=-1))',
      ours: () => String(new torch.Stream({ device: 'cpu', priority: -1 })),
    },
    { python: 'str(torch.Stream("meta"))', ours: () => String(new torch.Stream('meta')) },
    { python: 'torch.Stream("cuda:0")', ours: () => new torch.Stream('cuda:0') },
    { python: 'torch.Stream("xpu")', ours: () => new torch.Stream('xpu') },
    { python: 'torch.Stream("cpu").query()', ours: () => cpu().query() },
    { python: 'torch.Stream("cpu").synchronize()', ours: () => cpu().synchronize() },
    { python: 'torch.Stream("cpu").wait_event(torch.Event("cpu"))', ours: () => cpu().wait_event(event()) },
    { python: 'torch.Stream("cpu").wait_stream(torch.Stream("cpu"))', ours: () => cpu().wait_stream(cpu()) },
    { python: 'torch.Stream("cpu").record_event()', ours: () => cpu().record_event() },
    { python: 'str(torch.Stream("cpu").device)', ours: () => String(cpu().device) },
    { python: 'torch.Stream("cpu").device_index', ours: () => cpu().device_index },
    { python: 'torch.Stream("cpu").device_type', ours: () => cpu().device_type },
    { python: 'torch.Stream("cpu").stream_id', ours: () => cpu().stream_id },
    { python: 'torch.Stream("cpu") == torch.Stream("cpu")', ours: () => cpu().equals(cpu()) },
    {
      python: 'torch.Stream("cpu") == torch.Stream("meta")',
      ours: () => cpu().equals(new torch.Stream('meta')),
    },
    { python: 'str(torch.Event())', ours: () => String(new torch.Event()) },
    { python: 'str(torch.Event("cpu", enable_timing=True))', ours: () => String(event(true)) },
    { python: 'torch.Event("cuda")', ours: () => new torch.Event('cuda') },
    { python: 'torch.Event("meta").query()', ours: () => new torch.Event({ device: 'meta' }).query() },
    { python: 'torch.Event("cpu").record()', ours: () => event().record() },
    { python: 'torch.Event("cpu").wait()', ours: () => event().wait() },
    { python: 'torch.Event("cpu").synchronize()', ours: () => event().synchronize() },
    { python: 'torch.Event("cpu").event_id', ours: () => event().event_id },
    {
      python: 'torch.Event("cpu").elapsed_time(torch.Event("cpu"))',
      ours: () => event().elapsed_time(event()),
    },
    {
      python: '(lambda e: e.elapsed_time(e))(torch.Event("cpu", enable_timing=True))',
      ours: () => {
        const timed = event(true)
        return timed.elapsed_time(timed)
      },
    },
    { python: 'torch.accelerator.current_stream()', ours: () => torch.accelerator.current_stream() },
    { python: 'torch.accelerator.get_memory_info()', ours: () => torch.accelerator.get_memory_info() },
  ])

  it('refuse what is no stream or event', () => {
    expect(() => event().record(3 as never)).toThrow("argument 'stream' must be torch.Stream, not number")
    expect(() => cpu().wait_event(3 as never)).toThrow(TypeError)
    expect(() => new torch.Stream(torch.ones(1) as never)).toThrow()
    expect(() => new torch.Event({ devise: 'cpu' } as never)).toThrow('devise')
  })
})
