import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, it } from 'vitest'
import { native } from '../../dist/native.js'

const file = fileURLToPath(new URL('../../lib/native.ts', import.meta.url))

/** The members that `interface Native` declares, methods with how many arguments they need at least and take at most. */
function declared(): Map<string, { least: number; most: number } | null> {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)
  const found = new Map<string, { least: number; most: number } | null>()
  source.forEachChild((node) => {
    if (!ts.isInterfaceDeclaration(node) || node.name.text !== 'Native') return
    for (const member of node.members) {
      const name = member.name?.getText(source)
      if (name === undefined) continue
      if (!ts.isMethodSignature(member)) found.set(name, null)
      else {
        const least = member.parameters.filter((p) => !p.questionToken && !p.dotDotDotToken).length
        found.set(name, {
          least,
          most: member.parameters.some((p) => p.dotDotDotToken)
            ? Number.POSITIVE_INFINITY
            : member.parameters.length,
        })
      }
    }
  })
  return found
}

it('the addon exports what lib/native.ts declares, and nothing else', () => {
  expect(Object.keys(native).sort()).toEqual([...declared().keys()].sort())
})

it('what is declared a method is a function, the rest is an object', () => {
  for (const [name, method] of declared()) {
    expect(typeof (native as unknown as Record<string, unknown>)[name], name).toBe(
      method === null ? 'object' : 'function',
    )
  }
})

it('math has every function that is declared', () => {
  const unary = [
    'exp',
    'expm1',
    'log',
    'log1p',
    'log2',
    'log10',
    'sin',
    'cos',
    'tan',
    'asin',
    'acos',
    'atan',
    'sinh',
    'cosh',
    'tanh',
    'sqrt',
    'erf',
    'erfc',
    'lgamma',
    'gamma',
  ]
  const binary = ['atan2', 'pow', 'fmod', 'hypot']
  expect(Object.keys(native.math).sort()).toEqual([...unary, ...binary].sort())
})

// lib/ checks before it crosses; should something slip through, it ends in an Error all the same.
it('a wrong argument is an Error, never a crash', () => {
  const left_out = new Set([
    'start',
    'open_library',
    'sweep',
    'empty_cache',
    'set_mode',
    'set_num_threads',
    'set_num_interop_threads',
    'cuda_init',
    'track',
  ])
  const functions = native as unknown as Record<string, (...args: unknown[]) => unknown>
  for (const [name, method] of declared()) {
    if (method === null || left_out.has(name) || method.least === 0) continue
    for (const wrong of [undefined, null, -1, 0, 1e9, Number.NaN, 'text', {}, []]) {
      const args = Array.from({ length: method.least }, () => wrong)
      try {
        functions[name]!(...args)
      } catch (error) {
        expect(error, `${name}(${String(wrong)})`).toBeInstanceOf(Error)
      }
    }
  }
})
