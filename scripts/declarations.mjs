import fs from 'node:fs'
import path from 'node:path'
import ts from 'typescript'
import { ROOT } from './setup/config.mjs'

// What the compiler's declarations lack, written into all of dist/. An option that is undefined is one that was not given. Under `exactOptionalPropertyTypes` a declaration has to say so:
// `generator?: Generator | null` becomes `generator?: Generator | null | undefined`.

const dist = path.join(ROOT, 'dist')

/** Where a type's text has to be put into parentheses to stand in a union. */
const OPEN_ENDED = new Set([
  ts.SyntaxKind.FunctionType,
  ts.SyntaxKind.ConstructorType,
  ts.SyntaxKind.ConditionalType,
  ts.SyntaxKind.InferType,
])

function takes_undefined(type) {
  if (ts.isUnionTypeNode(type)) return type.types.some(takes_undefined)
  return [ts.SyntaxKind.UndefinedKeyword, ts.SyntaxKind.AnyKeyword, ts.SyntaxKind.UnknownKeyword].includes(
    type.kind,
  )
}

// TypeScript's own `Required` leaves an `undefined` that is written out.
const GIVEN = 'type AllGiven<T> = { [K in keyof T]-?: Exclude<T[K], undefined> };\n'

const is_required = (name) => ts.isIdentifier(name) && name.text === 'Required'

// Editors put last what is deprecated, and know no other way: private names would come before all others.
const NOTE = '@deprecated Private in PyTorch: it may change.'

/** Whether a node declares a name that begins with one underscore. */
function is_private(node) {
  const named = ts.isVariableStatement(node) ? node.declarationList.declarations[0] : node
  const is_declaration =
    ts.isVariableStatement(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isClassElement(node) ||
    ts.isTypeElement(node)
  return (
    is_declaration &&
    named.name !== undefined &&
    ts.isIdentifier(named.name) &&
    /^_[^_]/.test(named.name.text)
  )
}

/** The edit that puts the note into a declaration's comment. */
function mark(node, file) {
  const doc = ts.getJSDocCommentsAndTags(node).at(-1)
  const start = node.getStart(file)
  if (doc === undefined) return [start, `/** ${NOTE} */ `]
  return doc.getText(file).includes('@deprecated') ? [start, ''] : [doc.end - 2, `\n * ${NOTE} `]
}

function with_edits(text, edits) {
  let result = text
  for (const [place, added, end = place] of edits.sort(([a], [b]) => b - a))
    result = result.slice(0, place) + added + result.slice(end)
  return result
}

/** The text with `| undefined` behind each optional property's type, and `Required` without it. */
export function rewrite_declarations(given) {
  // TypeScript before 5.7 has typed arrays without a parameter.
  const text = given.replace(/\b(\w+Array)<ArrayBufferLike>/g, '$1')
  const file = ts.createSourceFile('declarations.d.ts', text, ts.ScriptTarget.Latest, true)
  const edits = []
  let uses_required = false
  const visit = (node) => {
    if (ts.isPropertySignature(node) && node.questionToken && node.type && !takes_undefined(node.type)) {
      if (OPEN_ENDED.has(node.type.kind))
        edits.push([node.type.getStart(file), '('], [node.type.end, ') | undefined'])
      else edits.push([node.type.end, ' | undefined'])
    }
    if (is_private(node)) edits.push(mark(node, file))
    const name = ts.isTypeReferenceNode(node)
      ? node.typeName
      : ts.isExpressionWithTypeArguments(node)
        ? node.expression
        : undefined
    if (name !== undefined && is_required(name)) {
      uses_required = true
      edits.push([name.getStart(file), 'AllGiven', name.end])
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return with_edits(uses_required ? `${text}${GIVEN}` : text, edits)
}

/** Every name that a file uses, and those that it imports, by the module and the name there. */
function names_in(file) {
  const used = new Set()
  const imported = new Map()
  const visit = (node) => {
    if (ts.isIdentifier(node) && !ts.isImportTypeNode(node.parent)) used.add(node.text)
    ts.forEachChild(node, visit)
  }
  visit(file)
  for (const statement of file.statements) {
    if (!ts.isImportDeclaration(statement)) continue
    const bindings = statement.importClause?.namedBindings
    if (bindings === undefined || !ts.isNamedImports(bindings)) continue
    for (const { name, propertyName } of bindings.elements)
      imported.set(`${statement.moduleSpecifier.text} ${(propertyName ?? name).text}`, name.text)
  }
  return { used, imported }
}

/**
 * The text with `import('./device.js').Device` as a name that is imported at the top. The compiler looks for each
 * `import` inside a type from the root of its file, which was a tenth of the time that it took to read dist/.
 */
export function name_imports(text) {
  if (!text.includes('import(')) return text
  const file = ts.createSourceFile('declarations.d.ts', text, ts.ScriptTarget.Latest, true)
  const { used, imported } = names_in(file)
  const added = new Map()
  const edits = []
  const visit = (node) => {
    if (ts.isImportTypeNode(node) && node.qualifier && ts.isIdentifier(node.qualifier)) {
      const module = node.argument.literal.text
      const name = node.qualifier.text
      const key = `${module} ${name}`
      if (!imported.has(key)) {
        let local = name
        for (let count = 1; used.has(local); count++) local = `${name}_${count}`
        used.add(local)
        imported.set(key, local)
        const names = added.get(module) ?? []
        added.set(module, [...names, local === name ? name : `${name} as ${local}`])
      }
      edits.push([
        node.getStart(file),
        `${node.isTypeOf ? 'typeof ' : ''}${imported.get(key)}`,
        node.qualifier.end,
      ])
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  const imports = [...added].map(
    ([module, names]) => `import type { ${names.join(', ')} } from '${module}';\n`,
  )
  return imports.join('') + with_edits(text, edits)
}

/**
 * The text with a class's two forms of a call as four overloads. The usual form stands first, so that the compiler needs no
 * other for most calls, and last: errors are about the last overload, and of four or more, about that one alone.
 */
export function order_overloads(text) {
  const [, module] = /from '([^']*python\/signature\.js)'/.exec(text) ?? []
  const call = (form, table) => `constructor(...args: ${form}<typeof ${table}>);`
  return text.replace(
    /constructor\(\.\.\.args: Call<typeof (\w+)>\);\s+constructor\(\.\.\.args: UsualCall<typeof \1>\);/g,
    (_, table) =>
      ['UsualCall', `import('${module}').OrderedCall`, `import('${module}').MixedCall`, 'UsualCall']
        .map((form) => call(form, table))
        .join('\n    '),
  )
}

/**
 * The text with `@source` for `@see` in comments, and names for links. The compiler reads comments that have one of these
 * two word by word, and passes over all others; with them, reading dist/ took a compiler that has just started an eighth longer.
 */
export function plain_comments(text) {
  return text.replace(/\/\*\*[\s\S]*?\*\//g, (comment) =>
    comment
      .replaceAll('@see ', '@source ')
      .replace(/\{@link\s+([^\s|}]+)(?:\s*\|\s*([^}]*))?\}/g, (_, name, words) => words ?? `\`${name}\``),
  )
}

/** Rewrites the declarations that need it. */
export function write_declarations() {
  for (const name of fs.readdirSync(dist, { recursive: true })) {
    if (!name.endsWith('.d.ts')) continue
    const file = path.join(dist, name)
    const text = fs.readFileSync(file, 'utf8')
    const changed = plain_comments(name_imports(order_overloads(rewrite_declarations(text))))
    if (changed !== text) fs.writeFileSync(file, changed)
  }
}
