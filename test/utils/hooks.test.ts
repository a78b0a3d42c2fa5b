import { expect, it } from 'vitest'
import { add_hook, type HookMap, RemovableHandle } from '../../lib/utils/hooks.js'

it('hooks stand in the order of their registration, prepended ones first', () => {
  const hooks: HookMap<string> = new Map()
  const first = add_hook(hooks, 'first')
  add_hook(hooks, 'second')
  const front = add_hook(hooks, 'front', { prepend: true })
  expect([...hooks.values()]).toEqual(['front', 'first', 'second'])
  first.remove()
  first.remove()
  front[Symbol.dispose]()
  expect([...hooks.values()]).toEqual(['second'])
})

it('a handle takes its number out of every map', () => {
  const hooks = new Map<number, unknown>()
  const extra = new Map<number, unknown>()
  const handle = new RemovableHandle(hooks, { extra_dict: extra })
  hooks.set(handle.id, 1)
  extra.set(handle.id, 2)
  expect(new RemovableHandle(hooks).id).toBeGreaterThan(handle.id)
  handle.remove()
  expect([hooks.size, extra.size]).toEqual([0, 0])
})
