import ts from 'typescript'

// Finds reads of plain objects by name that see more than the object's own keys: an extension of Object.prototype by
// another library would be taken for an option, a keyword or an entry of a table. What lib/own.ts gives may be read.

/** What JavaScript itself looks for in every object, and what every object has. */
const OF_ALL = new Set(['then', 'constructor', 'prototype', 'stack'])

/** What `own_options` and `load_state_dict` of a Trainer have made. */
const OF_TRAINER = [
  ...['TrainerOptions', 'CheckpointOptions', 'Retention', 'EarlyStoppingOptions', 'TrainerStateDict'],
]

/**
 * Types whose values have what is read: tables of lib/own.ts; namespaces of operators, which are Proxies; the state that an
 * optimizer has set up for a parameter; what a Function's forward has noted for its backward; LOBPCG's variables.
 */
const OWNED = new Set([
  'Table',
  'OperatorNamespace',
  'Ops',
  'ParamState',
  'FunctionCtx',
  'Variables',
  ...OF_TRAINER,
])

/** Who declares a property, or the type's own name. */
const name_of = (type: ts.Type): string => type.aliasSymbol?.name ?? type.symbol?.name ?? ''

function members(checker: ts.TypeChecker, type: ts.Type): ts.Type[] {
  const bare = checker.getNonNullableType(type)
  const known =
    bare.flags & ts.TypeFlags.TypeParameter ? (checker.getBaseConstraintOfType(bare) ?? bare) : bare
  return (known.isUnion() ? known.types : [known]).filter((one) => !OWNED.has(name_of(one)))
}

/** Whether values of a type are looked up by any text, as plain objects are. */
function is_record(checker: ts.TypeChecker, type: ts.Type): boolean {
  if (!(type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection))) return false
  if (checker.isArrayType(type) || checker.isTupleType(type)) return false
  return type.getStringIndexType() !== undefined
}

/** Whether an object of the type may lack a property itself. */
function may_be_missing(symbol: ts.Symbol): boolean {
  if (!(symbol.flags & ts.SymbolFlags.Optional)) return false
  const [declaration] = symbol.declarations ?? []
  if (declaration === undefined) return true
  if (declaration.getSourceFile().isDeclarationFile) return false
  // Class fields are defined by the constructor, but for those that are only declared.
  if (ts.isPropertyDeclaration(declaration))
    return ts.getModifiers(declaration)?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) ?? false
  return !ts.isClassLike(declaration.parent)
}

const is_text = (type: ts.Type): boolean =>
  type.isUnion() ? type.types.some(is_text) : (type.flags & ts.TypeFlags.String) !== 0

/** The texts that a type of literals, or of an object's keys, stands for. */
function texts_of(checker: ts.TypeChecker, type: ts.Type): string[] {
  const known = checker.getBaseConstraintOfType(type) ?? type
  return (known.isUnion() ? known.types : [known]).flatMap((one) =>
    one.isStringLiteral() ? [one.value] : [],
  )
}

function is_write(node: ts.Node): boolean {
  const { parent } = node
  if (ts.isDeleteExpression(parent)) return true
  return (
    ts.isBinaryExpression(parent) &&
    parent.left === node &&
    parent.operatorToken.kind === ts.SyntaxKind.EqualsToken
  )
}

const plain_text = (node: ts.Node): string => node.getText().replace(/[!?]/g, '')

/** The functions and classes around a node, outwards; at a file's top level the file. */
function scopes_of(node: ts.Node): ts.Node[] {
  const found: ts.Node[] = []
  for (let at = node.parent; at !== undefined; at = at.parent)
    if (ts.isFunctionLike(at) || ts.isClassLike(at)) found.push(at)
  return found.length > 0 ? found : [node.getSourceFile()]
}

/** An assignment of what has own keys only: `options = own(options)`, `given = SIGNATURE.take(args)`. */
const made_own = (text: string): RegExp =>
  new RegExp(
    `${text.replace(/[.*+^$(){}|[\]\\]/g, '\\$&')}(: [\\w<>, ]+)? = (own|own_options|\\w+\\.take)\\(`,
  )

/** Whether an object was made by `own`, or is asked for the key before it is read. */
function is_guarded(object: ts.Node, key: string | null): boolean {
  const text = plain_text(object)
  // Operators by name, and the process's environment, which has no other keys.
  if (/^(?:own\(|fields_of\(|\w+\.take\(|dispatcher\[|process\.env$)/.test(text)) return true
  for (const scope of scopes_of(object)) {
    const around = plain_text(scope)
    if (made_own(text).test(around)) return true
    const asks = ['Object.hasOwn', 'has_own_key.call', 'member']
    if (key !== null && asks.some((ask) => around.includes(`${ask}(${text}, ${key})`))) return true
    if (around.includes(`of Object.keys(${text})`)) return true
  }
  return false
}

/** `if (Object.hasOwn(object, key))`, or its opposite, as a loop's first statement. */
function asks_own(loop: ts.ForInStatement): boolean {
  const first = ts.isBlock(loop.statement) ? loop.statement.statements[0] : loop.statement
  return (
    first !== undefined &&
    ts.isIfStatement(first) &&
    /^!?(?:Object\.hasOwn|has_own_key\.call)\(/.test(first.expression.getText())
  )
}

const is_call_of = (node: ts.Node, name: string): node is ts.CallExpression =>
  ts.isCallExpression(node) && node.expression.getText() === name

/** A place that sees inherited keys. */
export interface Place {
  kind: 'read' | 'write' | 'in' | 'for in' | 'assign' | 'proxy'
  node: ts.Node
}

/** The places in a source file that see inherited keys. */
export function inherited_reads(checker: ts.TypeChecker, source: ts.SourceFile): Place[] {
  const found: Place[] = []
  const report = (kind: Place['kind'], node: ts.Node): void => void found.push({ kind, node })

  const sees_inherited = (type: ts.Type, key: string): boolean =>
    !OF_ALL.has(key) &&
    members(checker, type).some((one) => {
      const symbol = checker.getPropertyOfType(one, key)
      // Of `Partial<TrainerStateDict>` too.
      const [declaration] = symbol?.declarations ?? []
      const owner = declaration?.parent
      if (owner !== undefined && ts.isInterfaceDeclaration(owner) && OWNED.has(owner.name.text)) return false
      return symbol === undefined ? is_record(checker, one) : may_be_missing(symbol)
    })
  const by_name = (node: ts.Node, object: ts.Expression, key: string, key_text: string): void => {
    if (is_write(node) || !sees_inherited(checker.getTypeAtLocation(object), key)) return
    if (!is_guarded(object, key_text)) report('read', node)
  }
  const element = (node: ts.ElementAccessExpression): void => {
    const { expression, argumentExpression: key } = node
    if (ts.isStringLiteralLike(key)) {
      by_name(node, expression, key.text, key.getText())
      return
    }
    const [type, object] = [checker.getTypeAtLocation(key), checker.getTypeAtLocation(expression)]
    const is_inherited =
      is_text(type) && members(checker, object).some((one) => is_record(checker, one))
        ? true
        : !is_write(node) && texts_of(checker, type).some((text) => sees_inherited(object, text))
    if (is_inherited && !is_guarded(expression, plain_text(key)))
      report(is_write(node) ? 'write' : 'read', node)
  }
  const pattern = (node: ts.ObjectBindingPattern): void => {
    const { parent } = node
    const from = ts.isVariableDeclaration(parent) ? parent.initializer : undefined
    if (from !== undefined && is_guarded(from, null)) return
    const written = ts.isParameter(parent) ? parent.type : undefined
    const type = checker.getTypeAtLocation(from ?? written ?? node)
    const keys = node.elements
      .filter(({ dotDotDotToken }) => dotDotDotToken === undefined)
      .map(({ propertyName, name }) => propertyName ?? name)
    if (
      keys.some((key) => (ts.isIdentifier(key) || ts.isStringLiteral(key)) && sees_inherited(type, key.text))
    )
      report('read', node)
  }
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.name))
      by_name(node, node.expression, node.name.text, `'${node.name.text}'`)
    else if (ts.isElementAccessExpression(node)) element(node)
    else if (ts.isObjectBindingPattern(node)) pattern(node)
    else if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.InKeyword) {
      const is_symbol = checker.getTypeAtLocation(node.left).flags & ts.TypeFlags.UniqueESSymbol
      if (!is_symbol && !ts.isPrivateIdentifier(node.left)) report('in', node)
    } else if (ts.isForInStatement(node) && !asks_own(node)) report('for in', node.expression)
    else if (is_call_of(node, 'Object.assign')) {
      if (!node.arguments.slice(1).every(ts.isObjectLiteralExpression)) report('assign', node)
    } else if (ts.isNewExpression(node) && node.expression.getText() === 'Proxy') {
      if (!is_call_of(node.arguments![1]!, 'traps')) report('proxy', node)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}
