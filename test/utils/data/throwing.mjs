// What worker threads import in the tests of errors that cross.
import assert from 'node:assert'
import { readFileSync } from 'node:fs'
import * as torch from 'typetorch'

export class BadSample extends RangeError {
  constructor(index, { path }) {
    super(`sample ${index} is bad`)
    this.index = index
    this.path = path
    this.code = 'BAD_SAMPLE'
  }
  get advice() {
    return `look at ${this.path}`
  }
}

class Unexported extends BadSample {}

const THROW = {
  custom: () => {
    throw new BadSample(3, { path: '/a' })
  },
  unexported: () => {
    throw new Unexported(4, { path: '/b' })
  },
  system: () => readFileSync('/nowhere/at/all'),
  assertion: () => assert.strictEqual(1, 2),
  fields: () => {
    const error = new torch.ValueError('fields')
    throw Object.assign(error, {
      list: [1, { a: 2n }],
      tensor: torch.ones(2),
      map: new Map([['a', new Date(5)]]),
      function: () => 1,
      other: new BadSample(5, { path: '/c' }),
    })
  },
  cause: () => {
    throw new TypeError('outer', { cause: new BadSample(1, { path: '/d' }) })
  },
  cycle: () => {
    const error = new Error('cycle')
    error.cause = error
    throw error
  },
  aggregate: () => {
    throw new AggregateError([new BadSample(1, { path: '/e' }), 'text', new TypeError('inner')], 'many')
  },
  dom: () => {
    throw new DOMException('stopped', 'AbortError')
  },
  text: () => {
    throw 'only text'
  },
  object: () => {
    throw { code: 7 }
  },
  nothing: () => {
    throw null
  },
  symbol: () => {
    throw Symbol('sign')
  },
  renamed: () => {
    throw Object.assign(new Error('renamed'), { name: 'Renamed' })
  },
}
export const kinds = Object.keys(THROW)

export class Throws extends torch.utils.data.Dataset {
  constructor(kind) {
    super()
    this.kind = kind
  }
  get length() {
    return 1
  }
  at() {
    THROW[this.kind]()
  }
}

export function raise(kind) {
  THROW[kind]()
}
