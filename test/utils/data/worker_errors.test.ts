import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'

interface Told {
  thrown?: string
  classes?: string[]
  name?: string
  message?: string
  stack?: boolean
  fields?: Record<string, string>
  advice?: string
  cause?: Told | 'itself'
}
type Ways = Record<'loader' | 'async_loader' | 'process', Told>

const program = fileURLToPath(new URL('throwing_main.mjs', import.meta.url))
let told: Record<string, Ways>
// In a process of its own: vitest's modules are not Node's.
beforeAll(() => {
  told = JSON.parse(execFileSync(process.execPath, [program], { encoding: 'utf8' })) as Record<string, Ways>
}, 120_000)

/** The error itself: a loader wraps it in one of the same class, with the same fields. */
function own(kind: string, way: keyof Ways): Told {
  const outer = told[kind]![way]
  if (way === 'process') return outer
  const inner = outer.cause as Told
  expect(outer.message).toMatch(/^Caught \w+ in DataLoader worker process 0\.$/)
  const { classes, name, fields, advice } = inner
  expect({ classes, name, fields, advice }).toEqual({
    classes: outer.classes,
    name: outer.name,
    fields: outer.fields,
    advice: outer.advice,
  })
  return inner
}

describe.each(['loader', 'async_loader', 'process'] as const)('what a %s throws', (way) => {
  it('is of the class that the worker’s module exports, with code, fields and methods', () => {
    expect(own('custom', way)).toEqual({
      classes: ['BadSample', 'RangeError'],
      name: 'RangeError',
      message: 'sample 3 is bad',
      stack: true,
      fields: { index: '3', path: "'/a'", code: "'BAD_SAMPLE'" },
      advice: 'look at /a',
    })
  })

  it('is of the nearest class that is exported', () => {
    expect(own('unexported', way)).toMatchObject({
      classes: ['BadSample', 'RangeError'],
      advice: 'look at /b',
    })
  })

  it('keeps the code, number and path of the system’s errors', () => {
    expect(own('system', way).fields).toEqual({
      errno: '-2',
      code: "'ENOENT'",
      syscall: "'open'",
      path: "'/nowhere/at/all'",
    })
  })

  it('keeps what node:assert says', () => {
    expect(own('assertion', way)).toMatchObject({
      name: 'AssertionError',
      fields: { code: "'ERR_ASSERTION'", actual: '1', expected: '2', operator: "'strictEqual'" },
    })
  })

  it('keeps fields of each kind, and says which do not cross', () => {
    expect(own('fields', way)).toMatchObject({
      classes: ['ValueError'],
      fields: {
        list: '[ 1, { a: 2n } ]',
        tensor: 'tensor([1., 1.])',
        map: "Map(1) { 'a' => 1970-01-01T00:00:00.005Z }",
        function: "'an instance of function, which does not come back from another thread'",
        other: expect.stringContaining("classes: [ 'BadSample', 'RangeError' ]") as string,
      },
    })
  })

  it('keeps its cause, also where that is itself', () => {
    expect(own('cause', way)).toMatchObject({
      classes: ['TypeError'],
      message: 'outer',
      cause: { classes: ['BadSample', 'RangeError'], advice: 'look at /d' },
    })
    expect(own('cycle', way).cause).toBe('itself')
  })

  it('keeps the errors of an AggregateError', () => {
    const { classes, fields } = own('aggregate', way)
    expect(classes).toEqual(['AggregateError'])
    expect(fields!['errors']).toMatch(
      /BadSample \[RangeError\]: sample 1 is bad[\s\S]*'text',[\s\S]*TypeError: inner/,
    )
  })

  it('may be a DOMException', () => {
    expect(own('dom', way)).toMatchObject({
      classes: ['DOMException'],
      name: 'AbortError',
      message: 'stopped',
    })
  })

  it('keeps a name of its own', () => {
    expect(own('renamed', way)).toMatchObject({ classes: [], name: 'Renamed' })
  })

  it('may be no error at all', () => {
    const printed = (kind: string) => {
      const { thrown, cause } = told[kind]![way]
      return thrown ?? (cause as Told).thrown
    }
    expect(['text', 'object', 'nothing', 'symbol'].map(printed)).toEqual([
      "'only text'",
      '{ code: 7 }',
      'null',
      "'Symbol(sign)'",
    ])
  })
})
