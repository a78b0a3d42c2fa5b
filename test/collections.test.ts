import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { KeyOrder, OrderedDict } from '../lib/collections.js'

describe('OrderedDict', () => {
  it('keeps the order of keys, whole numbers included', () => {
    const dict = new OrderedDict<number>([
      ['b', 1],
      ['10', 2],
      ['2', 3],
    ])
    dict.set('a', 4).set('10', 5)
    expect(dict.keys()).toEqual(['b', '10', '2', 'a'])
    expect(dict.values()).toEqual([1, 5, 3, 4])
    expect([...dict]).toEqual(dict.keys())
    dict.delete('10')
    dict.set('10', 6)
    expect(dict.items()).toEqual([
      ['b', 1],
      ['2', 3],
      ['a', 4],
      ['10', 6],
    ])
  })

  it('is an object too', () => {
    const dict = new OrderedDict<number>({ a: 1 }) as OrderedDict<number> & Record<string, number>
    dict['b'] = 2
    expect(dict['a']).toBe(1)
    expect('b' in dict).toBe(true)
    delete dict['a']
    expect(Object.entries(dict)).toEqual([['b', 2]])
    expect(dict.copy().items()).toEqual([['b', 2]])
  })

  it('has keys that are names of methods', () => {
    const dict = new OrderedDict<number>()
    for (const key of ['keys', 'items', 'set', '__proto__']) OrderedDict.prototype.set.call(dict, key, 1)
    expect(OrderedDict.prototype.keys.call(dict)).toEqual(['keys', 'items', 'set', '__proto__'])
    expect(OrderedDict.prototype.keys.call(new OrderedDict(dict))).toEqual([
      'keys',
      'items',
      'set',
      '__proto__',
    ])
  })

  it('gets, pops and updates as in Python', () => {
    const dict = new OrderedDict<number>(new Map([['a', 1]]))
    expect(dict.get('x')).toBeUndefined()
    expect(dict.get('x', null)).toBeNull()
    expect(dict.has('toString')).toBe(false)
    dict.update({ b: 2 })
    expect(dict.pop('a')).toBe(1)
    expect(dict.pop('a', 0)).toBe(0)
    expect(dict.delete('a')).toBe(false)
    expect(inspect(dict)).toBe("OrderedDict({ 'b' => 2 })")
  })
})

describe('KeyOrder', () => {
  it('keeps no list where JavaScript keeps the order', () => {
    const order = new KeyOrder()
    const object: Record<string, number> = {}
    for (const key of ['b', '01', 'a']) {
      order.note(object, key)
      object[key] = 1
    }
    expect(order.keys(object)).toEqual(Object.keys(object))
  })
})
