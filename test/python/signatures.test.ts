import { describe, expect, it } from 'vitest'
import { caller_of, covers, documented_differences, python_signatures, type Row } from './rows.js'

const differences = documented_differences()
const rows = python_signatures().filter((row) => caller_of(row) !== undefined)
const same = rows.filter((row) => !differences.some(({ pattern }) => covers(pattern, row.name)))

const BOGUS = { bogus_keyword: 1 }

/** The message of what a call throws. */
function complaint(row: Row, args: readonly unknown[]): string {
  try {
    const result = caller_of(row)!(...args)
    if (result instanceof Promise) result.catch(() => undefined)
  } catch (error) {
    return String((error as Error).message).split('\n')[0]!
  }
  return 'nothing thrown'
}

const in_order = (row: Row) => row.params.filter(([, kind]) => kind.startsWith('POSITIONAL'))
const takes_all = (row: Row) => row.params.some(([, kind]) => kind === 'VAR_KEYWORD')
const unexpected = (name: string) => `got an unexpected keyword argument '${name}'`

// Values of any kind do: calls end while their arguments are bound.
const values = (count: number): unknown[] => Array.from({ length: count }, () => 1)

/** Collects the rows for which `check` answers with a complaint. */
function failures(checked: readonly Row[], check: (row: Row) => string | null): string[] {
  return checked.flatMap((row) => {
    const text = check(row)
    return text === null ? [] : [`${row.name}: ${text}`]
  })
}

describe("PyTorch's parameter lists", () => {
  it('are checked for more than a thousand callables', () => {
    expect(rows.length).toBeGreaterThan(1000)
  })

  it('have every documented difference among them', () => {
    const unused = differences.filter(({ pattern }) => !rows.some((row) => covers(pattern, row.name)))
    expect(unused).toEqual([])
  })

  it('refuse a misspelt keyword by its name', () => {
    const checked = same.filter((row) => !takes_all(row))
    expect(
      failures(checked, (row) => {
        const required = in_order(row).filter(([, , needed]) => needed)
        const text = complaint(row, [...values(required.length), BOGUS])
        return text.includes(unexpected('bogus_keyword')) ? null : text
      }),
    ).toEqual([])
  })

  it('take every parameter by keyword', () => {
    const checked = same.filter((row) => !takes_all(row))
    expect(
      failures(checked, (row) => {
        const wrong = row.params.filter(([name, kind]) => {
          if (kind !== 'POSITIONAL_OR_KEYWORD' && kind !== 'KEYWORD_ONLY') return false
          if (complaint(row, [{ [name]: 1, ...BOGUS }]).includes(unexpected('bogus_keyword'))) return false
          // An object with a strange key may be the value of a parameter of objects, as of a state dict.
          const before = in_order(row).findIndex(([other]) => other === name) + 1
          return !complaint(row, [...values(before), { [name]: 1 }]).includes(
            `multiple values for argument '${name}'`,
          )
        })
        if (wrong.length === 0) return null
        return `${wrong.map(([name]) => name).join(', ')}: ${complaint(row, [{ [wrong[0]![0]]: 1, ...BOGUS }])}`
      }),
    ).toEqual([])
  })

  it('take every parameter by position, in order', () => {
    expect(
      failures(same, (row) => {
        const places = in_order(row)
        for (const [i, [name, kind]] of places.entries()) {
          const text = complaint(row, [...values(i + 1), { [name]: 1 }])
          const expected =
            kind === 'POSITIONAL_ONLY'
              ? 'positional-only arguments'
              : `got multiple values for argument '${name}'`
          if (!text.includes(expected)) return `${name} is not parameter ${i + 1}: ${text}`
        }
        return null
      }),
    ).toEqual([])
  })

  it('refuse more positional arguments than Python takes, keyword-only ones among them', () => {
    const checked = same.filter((row) => !row.params.some(([, kind]) => kind === 'VAR_POSITIONAL'))
    expect(
      failures(checked, (row) => {
        const text = complaint(row, values(in_order(row).length + 1))
        return /takes .*positional argument/.test(text) ? null : text
      }),
    ).toEqual([])
  })

  it('name the arguments that are missing', () => {
    const checked = same.filter((row) => row.params.some(([, , needed]) => needed))
    expect(
      failures(checked, (row) => {
        const text = complaint(row, [])
        return /missing \d+ required/.test(text) ? null : text
      }),
    ).toEqual([])
  })
})
