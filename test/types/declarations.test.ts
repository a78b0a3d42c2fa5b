import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, it } from 'vitest'

const dist = fileURLToPath(new URL('../../dist/', import.meta.url))

/** Every `any` in a file, with the declaration that it stands in. */
function anys_of(file: ts.SourceFile): string[] {
  const found: string[] = []
  const visit = (node: ts.Node, place: string) => {
    const named =
      ts.isClassElement(node) || ts.isStatement(node) ? (node as ts.NamedDeclaration).name : undefined
    if (named) place = place ? `${place}.${named.getText(file)}` : named.getText(file)
    if (node.kind === ts.SyntaxKind.AnyKeyword) found.push(`${file.fileName.slice(dist.length)} ${place}`)
    ts.forEachChild(node, (child) => visit(child, place))
  }
  visit(file, '')
  return found
}

it('has no `any` in the public declarations but in the base class’s forward', { timeout: 120_000 }, () => {
  const program = ts.createProgram([`${dist}index.d.ts`], {
    module: ts.ModuleKind.NodeNext,
    types: [],
    noLib: true,
  })
  const files = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(dist))
  expect(files.length).toBeGreaterThan(100)
  expect(files.map(({ fileName }) => fileName.slice(dist.length))).toContain('nn/modules/module.d.ts')
  const forward = 'nn/modules/module.d.ts Module.forward'
  expect(files.flatMap(anys_of)).toEqual([forward, forward])
})
