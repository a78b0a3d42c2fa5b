import * as torch from 'typetorch'
import { expect, it } from 'vitest'

const { nn, autograd } = torch
const loose = (call: (...args: never[]) => unknown) => call as unknown as (...args: unknown[]) => unknown
const { SDPBackend, sdpa_kernel } = nn.attention
const x = torch.ones([2], { requires_grad: true })

const calls: [name: string, call: () => unknown, suggestion: string][] = [
  ['sdpa_kernel', () => loose(sdpa_kernel)(SDPBackend.MATH, { set_priorty: true }), 'set_priority'],
  ['save_on_cpu', () => loose(autograd.graph.save_on_cpu)({ pin_memry: true }), 'pin_memory'],
  [
    'register_multi_grad_hook',
    () => loose(autograd.graph.register_multi_grad_hook)([x], () => undefined, { mod: 'any' }),
    'mode',
  ],
  [
    'Process',
    () => Reflect.construct(torch.multiprocessing.Process, [{ target: () => 1, argz: [] }]),
    'args',
  ],
]

it.each(calls)('%s throws TypeError for a misspelt option, naming the closest', (name, call, suggestion) => {
  expect(call).toThrow(TypeError)
  expect(call).toThrow(new RegExp(`${name}\\(\\) got an unexpected keyword .*did you mean '${suggestion}'`))
})

it.each([
  ['as_tensor', () => loose(torch.as_tensor)([1], { dtyp: torch.int64 })],
  ['asarray', () => loose(torch.asarray)([1], { dtyp: torch.int64 })],
  ['full', () => loose(torch.full)([2], 1, { dtyp: torch.int64 })],
  ['tensor', () => loose(torch.tensor)([1], { dtyp: torch.int64 })],
  ['frombuffer', () => loose(torch.frombuffer)(Buffer.alloc(4), { dtyp: torch.int64 })],
  ['nested_tensor', () => loose(torch.nested.nested_tensor)([[1]], { dtyp: torch.int64 })],
  ['as_nested_tensor', () => loose(torch.nested.as_nested_tensor)([x], { dtyp: torch.int64 })],
  ['sparse_coo_tensor', () => loose(torch.sparse_coo_tensor)([[0]], [1], [2], { dtyp: torch.int64 })],
])('%s throws TypeError for a misspelt dtype', (_, call) => {
  expect(call).toThrow(TypeError)
  expect(call).toThrow("unexpected keyword argument 'dtyp'; did you mean 'dtype'?")
})

it('spawn rejects for a misspelt option', async () => {
  await expect(loose(torch.multiprocessing.spawn)(() => 1, { nproc: 2 })).rejects.toThrow(
    "spawn() got an unexpected keyword argument 'nproc'; did you mean 'nprocs'?",
  )
})

it('a queue throws for a misspelt option of its waits', async () => {
  await expect(loose(new torch.multiprocessing.Queue().get)({ timout: 1 })).rejects.toThrow(TypeError)
})

it.each([
  ['multi_margin_loss', { p: '1' }],
  ['smooth_l1_loss', { beta: '' }],
  ['smooth_l1_loss', { beta: null }],
])('%s throws TypeError for a number given as %o', (name, options) => {
  const loss = loose((nn.functional as never)[name])
  const target = name === 'smooth_l1_loss' ? torch.ones(2, 2) : torch.tensor([0n, 1n])
  expect(() => loss(torch.ones(2, 2), target, options)).toThrow(TypeError)
})
