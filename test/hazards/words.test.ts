import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'
import { failure } from './failure.js'

// Arguments of another type, which functions written in TypeScript would trip over: each is refused by name.

type Call = (...args: unknown[]) => unknown
const loose = torch as unknown as Record<string, Call>
const functional = torch.nn.functional as unknown as Record<string, Call>
const classes = torch as unknown as Record<string, new (...args: unknown[]) => unknown>
const x = torch.ones(2, 3)
const bare = Object.create(null) as object
const method = (name: string, ...args: unknown[]) => (x as unknown as Record<string, Call>)[name]!(...args)

const calls: [name: string, call: () => unknown, words: string][] = [
  ['module_load', () => method('module_load', 1), "module_load(): argument 'other' must be Tensor, not number"],
  ['record_stream', () => method('record_stream', [1, 2, 3]), "record_stream(): argument 's' (position 1) must be torch.Stream, not array"],
  ['dtype', () => new classes['dtype']!('mine', 1, 4), "cannot create 'torch.dtype' instances"],
  ['layout', () => new classes['layout']!('mine', 300), "cannot create 'torch.layout' instances"],
  ['memory_format', () => new classes['memory_format']!('mine', 300), "cannot create 'torch.memory_format' instances"],
  ['qscheme', () => new classes['qscheme']!('mine', 300), "cannot create 'torch.qscheme' instances"],
  ['Event', () => new classes['Event']!('cpu', 1), "Event(): argument 'enable_timing' must be bool, not number"],
  ['Device', () => new classes['Device']!(bare), "device(): argument 'type' must be str, not object"],
  ['IInfo', () => new classes['IInfo']!(), 'torch.iinfo() requires an integer input type'],
  ['FInfo', () => new classes['FInfo']!(3), 'torch.finfo() requires a floating point input type'],
  ['Size', () => new classes['Size']!(3), "'int' object is not iterable"],
  ['OrderedDict', () => new classes['OrderedDict']!([1]), 'cannot convert dictionary update sequence element #0 to a sequence'],
  ['OrderedDict of a number', () => new classes['OrderedDict']!(7), "'int' object is not iterable"],
  ['TypedStorage', () => new classes['TypedStorage']!(1, { dtype: 3 }), "Storage(): argument 'dtype' must be torch.dtype, not number"],
  ['asarray', () => loose['asarray']!([1], null), 'asarray() takes 1 positional argument but 2 were given'],
  ['deepcopy', () => loose['deepcopy']!({}, 3), "deepcopy(): argument 'memo' must be Map, not number"],
  ['frombuffer', () => loose['frombuffer']!(new ArrayBuffer(4)), "frombuffer() missing 1 required keyword-only argument: 'dtype'"],
  ['lobpcg', () => loose['lobpcg']!(3), "lobpcg(): argument 'A' must be Tensor, not number"],
  ['lobpcg of k', () => loose['lobpcg']!(torch.eye(9), 'x'), "lobpcg(): argument 'k' must be a number, not string"],
  ['pca_lowrank', () => loose['pca_lowrank']!(x, Symbol('q')), "pca_lowrank(): argument 'q' must be a number, not symbol"],
  ['svd_lowrank', () => loose['svd_lowrank']!(x, 2, 2, 3), "svd_lowrank(): argument 'M' must be Tensor, not number"],
  ['set_anomaly_enabled', () => loose['set_anomaly_enabled']!('on'), "set_anomaly_enabled(): argument 'mode' must be bool, not string"],
  ['sym_max', () => loose['sym_max']!(1, 2n), "sym_max(): argument 'b' must be a number, not bigint"],
  ['sym_min', () => loose['sym_min']!(bare, 2), "sym_min(): argument 'a' must be a number, not object"],
  ['adaptive_avg_pool3d', () => functional['adaptive_avg_pool3d']!(torch.ones(1, 2, 2, 2), new Map()), "argument 'output_size' (position 2) must be tuple of ints, not Map"],
  ['alpha_dropout', () => functional['alpha_dropout']!(x, new Map()), "alpha_dropout(): argument 'p' must be a number, not Map"],
  ['glu', () => functional['glu']!(), "glu() missing 1 required positional argument: 'input'"],
  ['unfold', () => functional['unfold']!(torch.ones(1, 1, 4, 4), new Map()), "argument 'kernel_size' must be int, not object"],
] // biome-ignore format: a case a line

describe('arguments of another type are named', () => {
  it.each(calls)('%s', (_, call, words) => {
    const error = failure(call)
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toContain(words)
  })

  it('record_stream takes a stream, and says where it cannot', () => {
    const stream = new torch.Stream({ device: 'cpu' })
    expect(() => x.record_stream(stream)).toThrow(
      "Could not run 'aten::record_stream' with arguments from the 'CPU' backend",
    )
  })
})
