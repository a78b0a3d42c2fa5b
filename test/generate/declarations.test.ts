import { expect, test } from 'vitest'
import { rewrite_declarations } from '../../scripts/declarations.mjs'

test('an optional property takes undefined, once, and functions keep their meaning', () => {
  const text = [
    'export interface O { a?: number; b?: string | null; c?: () => void; d?: number | undefined; e: number }',
    'export declare function f(options?: { g?: 1 }): void',
    '',
  ].join('\n')
  const once = rewrite_declarations(text)
  expect(once).toBe(
    [
      'export interface O { a?: number | undefined; b?: string | null | undefined; c?: (() => void) | undefined; d?: number | undefined; e: number }',
      'export declare function f(options?: { g?: 1 | undefined }): void',
      '',
    ].join('\n'),
  )
  expect(rewrite_declarations(once)).toBe(once)
})

test('Required leaves no undefined, and private names are marked', () => {
  const text = 'export interface G extends Required<O> {}\nexport declare const _inner: number\n'
  const result = rewrite_declarations(text)
  expect(result).toContain('interface G extends AllGiven<O>')
  expect(result).toContain('type AllGiven<T> = { [K in keyof T]-?: Exclude<T[K], undefined> };')
  expect(result).toMatch(/\/\*\* @deprecated .*\*\/ export declare const _inner/)
  expect(rewrite_declarations(result)).toBe(result)
})
