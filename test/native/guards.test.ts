import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import * as torch from 'typetorch'
import { afterEach, describe, expect, it } from 'vitest'
import { type Handle, native } from '../../dist/native.js'
import {
  type Entry,
  elements,
  entries,
  leaf,
  operators,
  sum,
  tensor,
  type Way,
  without_tensors,
} from './entries.js'

// Each function of the addon that has to do with tensors is refused what would race with a call under way on another
// thread, and bears a moment without memory: no function but those of test/native/entries.ts exists.

const all: [name: string, entry: Entry][] = [...Object.entries(entries), ...Object.entries(operators)]

/** The parameters' types of each function that lib/native.ts declares, callbacks left out. */
function declared(): Map<string, string> {
  const file = fileURLToPath(new URL('../../lib/native.ts', import.meta.url))
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)
  const found = new Map<string, string>()
  source.forEachChild((node) => {
    if (!ts.isInterfaceDeclaration(node) || node.name.text !== 'Native') return
    for (const member of node.members) {
      const types = ts.isMethodSignature(member)
        ? [...member.parameters.map((parameter) => parameter.type!), member.type!].filter(
            (type) => !ts.isFunctionTypeNode(type),
          )
        : []
      found.set(member.name!.getText(source), types.map((type) => type.getText(source)).join(' '))
    }
  })
  return found
}

type Mark = 'read' | 'write' | 'gradient' | 'node'
const MARKS: readonly Mark[] = ['read', 'write', 'gradient', 'node']

/** By what marks of a tensor a way of using it is refused. */
const REFUSED: Record<Way, readonly Mark[]> = {
  facts: [],
  read: ['write'],
  // Something may have saved what a tensor with a node was computed from.
  write: ['read', 'write'],
  gradient: ['gradient', 'node'],
  node: ['node'],
  graph: ['write', 'gradient', 'node'],
  step: ['read', 'write', 'gradient', 'node'],
}

let ends: (() => unknown)[] = []
const settlings: Promise<void>[] = []
afterEach(async () => {
  for (const end of ends) end()
  ends = []
  await Promise.all(settlings.splice(0))
  native.fail_allocations(-1, false)
})

const AWAIT_IT = 'which is under way: await it first'

/** Begins a backward, whose marks stay until the event loop turns. */
function walk(roots: Handle[], inputs: Handle[]): void {
  settlings.push(
    new Promise((resolve) => {
      native.backward_async(roots, [], true, false, inputs, () => resolve())
    }),
  )
}

function mark(x: Handle, what: Mark): void {
  if (what === 'gradient') walk([sum(leaf())], [x])
  else if (what === 'node') walk([sum(x)], [])
  else {
    const use = native.begin_use(
      't()',
      what === 'read' ? [x] : [],
      what === 'write' ? [x] : [],
      false,
      AWAIT_IT,
    )
    ends.push(() => native.end_use(use))
  }
}

function is_refused(run: () => unknown): boolean {
  try {
    run()
  } catch (error) {
    if (
      / is in use by (t|backward_async)\(\), which is under way: await it first$/.test(
        (error as Error).message,
      )
    )
      return true
    throw error
  }
  return false
}

/** Only a tensor that requires gradients has one, and only one that is no leaf has a node. */
function can_have(x: Handle, what: Mark): boolean {
  const requires_grad = native.fact(x, native.constants.fact.requires_grad)
  if (what === 'gradient') return requires_grad
  return what !== 'node' || (requires_grad && !native.fact(x, native.constants.fact.is_leaf))
}

describe('the addon’s functions', () => {
  it('are each classified, those that take tensors or make them apart from the others', () => {
    const types = declared()
    expect([...Object.keys(entries), ...without_tensors].sort()).toEqual([...types.keys()].sort())
    for (const [name, text] of types) {
      const has_tensors = /\b(Handle|Int32Array|FunctionCall|NativeOperator)\b/.test(text)
      const of_its_own = ['start', 'bind', 'alive_handles'].includes(name)
      if (has_tensors && !of_its_own) expect(entries, name).toHaveProperty(name)
    }
  })

  it('have marks of every kind tried on a tensor that has a node and one that has none', () => {
    const ways = all.flatMap(([, entry]) => Object.values(entry.ways))
    expect(new Set(ways)).toEqual(new Set(Object.keys(REFUSED)))
  })
})

describe.each(all)('%s', (_, entry) => {
  for (const [argument, way] of Object.entries(entry.ways)) {
    for (const what of MARKS) {
      if (!can_have(entry.make().tensors[argument]!, what)) continue
      const refused = REFUSED[way].includes(what)
      it(`${refused ? 'refuses' : 'allows'} '${argument}' while a call under way has it as ${what}`, () => {
        const { tensors, run } = entry.make()
        mark(tensors[argument]!, what)
        expect(is_refused(run)).toBe(refused)
      })
    }
  }

  it(`${entry.allocates ? 'collects and goes on where an allocation is refused' : 'allocates no elements'}`, () => {
    const watched = entry.make()
    native.fail_allocations(-1, false)
    const expected = watched.run()
    const allocations = native.fail_allocations(-1, false)
    if (!entry.allocates) return
    expect(allocations).toBeGreaterThan(0)
    for (let after = 0; after < allocations; after++) {
      const { run } = entry.make()
      const before = native.memory_stats().major_collections
      native.fail_allocations(after, false)
      expect(run()).toEqual(expected)
      expect(native.memory_stats().major_collections).toBe(before + 1)
    }
  })

  if (entry.allocates)
    it(`${entry.once ? `is not run again on a device: ${entry.once}` : 'is run again on a device'}`, () => {
      const expected = entry.make().run()
      const { run } = entry.make()
      const before = native.memory_stats().major_collections
      native.fail_allocations(0, true)
      if (entry.once) {
        expect(run).toThrow(torch.OutOfMemoryError)
        expect(native.memory_stats().major_collections).toBe(before)
      } else {
        expect(run()).toEqual(expected)
        expect(native.memory_stats().major_collections).toBe(before + 1)
      }
    })
})

describe('out of memory', () => {
  it('frees garbage in the middle of a call, which goes on', () => {
    let kept: torch.Tensor | null = torch.ones([64])
    const alive = native.memory_stats().tensors
    kept = null
    native.fail_allocations(0, false)
    expect(torch.zeros([2]).tolist()).toEqual([0, 0])
    expect(native.memory_stats().tensors).toBeLessThanOrEqual(alive)
    expect(kept).toBeNull()
  })

  it('is an error where a collection does not help, and the next call works', () => {
    native.fail_allocations(0, true)
    expect(() => torch.ones([2]).add_(torch.ones([2]))).not.toThrow()
    expect(() => torch.empty([2 ** 45])).toThrow(torch.OutOfMemoryError)
    expect(torch.ones([2]).tolist()).toEqual([1, 1])
  })

  it('keeps the tensors of a call whose objects are collected in the middle of it', () => {
    for (let i = 0; i < 10; i++) {
      native.fail_allocations(2, false)
      expect(torch.nn.functional.linear(torch.ones([1, 2]), torch.ones([2, 2])).tolist()).toEqual([[2, 2]])
    }
  })

  it('collects for a call on the background thread', async () => {
    const x = torch.ones([8, 8], { requires_grad: true })
    const root = x.mm(x).sum()
    const before = native.memory_stats().major_collections
    native.fail_allocations(3, false)
    await root.backward_async()
    expect(native.memory_stats().major_collections).toBe(before + 1)
    expect(x.grad!.flatten().tolist()).toEqual(Array.from({ length: 64 }, () => 16))
  })

  it('runs a conversion again whose device had no memory left', async () => {
    const x = torch.ones([4])
    native.fail_allocations(0, true)
    expect((await x.to_async(torch.float64)).tolist()).toEqual([1, 1, 1, 1])
  })

  it('collects in backward, while hooks of JavaScript run in it', () => {
    for (let after = 0; after < 12; after++) {
      const x = torch.ones([3], { requires_grad: true })
      const y = x.mul(2)
      y.register_hook((gradient) => gradient.mul(3))
      const root = y.mul(y).sum()
      native.fail_allocations(after, false)
      root.backward()
      native.fail_allocations(-1, false)
      expect(x.grad!.tolist()).toEqual([24, 24, 24])
    }
  })
})

describe('modules', () => {
  it('are refused a tensor in use, by the name of the argument', () => {
    const mean = tensor([1, 2], [1, 2])
    const weight = tensor([1, 2], [1, 2])
    const use = native.begin_use('call_async()', [], [mean], false, AWAIT_IT)
    ends.push(() => native.end_use(use))
    const message = (name: string) => `${name} is in use by call_async(), which is under way: await it first`
    expect(() => native.make_linear()(mean, weight, 0)).toThrow(message("linear(): argument 'input'"))
    expect(() => native.make_linear()(weight, mean, 0)).toThrow(message("linear(): argument 'weight'"))
    expect(() => native.make_mse_loss(1)(weight, mean)).toThrow(message("mse_loss(): argument 'target'"))
    expect(elements(native.make_linear()(weight, weight, 0))).toEqual([5])
  })

  it('throws for a handle that is no number', () => {
    expect(() => native.make_linear()('1' as never, 1, 0)).toThrow('A number was expected')
  })
})
