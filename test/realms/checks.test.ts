import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const lib = fileURLToPath(new URL('../../lib', import.meta.url))

// lib/realm.ts asks these first, and what holds for every realm next.
const ALLOWED = new Set(['realm.ts'])

/** The names of what each realm has of its own. */
const own_of_realms = new Set(
  [...Object.getOwnPropertyNames(globalThis)].filter((name) => /^[A-Z]/.test(name) && name !== 'Buffer'),
)

/** Checks in a source text that hold for values of one realm only. */
function realm_checks(name: string, text: string): string[] {
  const source = ts.createSourceFile(name, text, ts.ScriptTarget.ESNext, true)
  const imported = new Set<string>()
  const found: string[] = []
  const is_own = (node: ts.Node): boolean =>
    ts.isIdentifier(node) && own_of_realms.has(node.text) && !imported.has(node.text)
  const is_prototype = (node: ts.Node): boolean =>
    ts.isPropertyAccessExpression(node) && node.name.text === 'prototype' && is_own(node.expression)
  const report = (node: ts.Node) => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart())
    found.push(`${name}:${line + 1}: ${node.getText()}`)
  }
  const declare = (node: ts.Node): void => {
    if (ts.isImportSpecifier(node) || ts.isClassDeclaration(node)) if (node.name) imported.add(node.name.text)
    ts.forEachChild(node, declare)
  }
  const equality = new Set([
    ts.SyntaxKind.EqualsEqualsEqualsToken,
    ts.SyntaxKind.ExclamationEqualsEqualsToken,
    ts.SyntaxKind.EqualsEqualsToken,
    ts.SyntaxKind.ExclamationEqualsToken,
  ])
  const visit = (node: ts.Node): void => {
    if (ts.isBinaryExpression(node)) {
      const { left, right, operatorToken } = node
      if (operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword && is_own(right)) report(node)
      if (equality.has(operatorToken.kind)) {
        if (is_prototype(left) || is_prototype(right)) report(node)
        const compares_class = [left, right].some(
          (side) => ts.isPropertyAccessExpression(side) && side.name.text === 'constructor',
        )
        if (compares_class && (is_own(left) || is_own(right))) report(node)
      }
    }
    // Lists of classes for an \`instanceof\` elsewhere; those with a number each are made, not asked.
    if (ts.isArrayLiteralExpression(node) && node.elements.length > 0 && node.elements.every(is_own))
      report(node)
    if (ts.isCallExpression(node) && /isPrototypeOf$/.test(node.expression.getText())) {
      const target = ts.isPropertyAccessExpression(node.expression) && node.expression.expression
      if (target && is_prototype(target)) report(node)
    }
    ts.forEachChild(node, visit)
  }
  declare(source)
  visit(source)
  return found
}

const files = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.ts') && !name.startsWith(path.join('ops', 'generated')),
)

describe('checks of values', () => {
  it('finds those that hold for one realm only', () => {
    const bad = [
      'x instanceof Map',
      'x instanceof Float32Array',
      'x instanceof Promise',
      'Object.getPrototypeOf(x) === Object.prototype',
      'null !== x && p === Array.prototype',
      'x.constructor === Object',
      'const classes = [Date, RegExp]',
      'Error.prototype.isPrototypeOf(x)',
    ]
    for (const text of bad) expect(realm_checks('bad.ts', text), text).toHaveLength(1)
    const good = [
      'x instanceof Tensor',
      'Array.isArray(x)',
      'x.constructor === Tensor',
      "import { Map } from './m'; x instanceof Map",
    ]
    for (const text of good) expect(realm_checks('good.ts', text), text).toEqual([])
  })

  it('are the same for the values of every realm, in all of lib/', () => {
    expect(files.length).toBeGreaterThan(500)
    const found = files
      .filter((name) => !ALLOWED.has(name))
      .flatMap((name) => realm_checks(name, readFileSync(path.join(lib, name), 'utf8')))
    expect(found).toEqual([])
  })
})
