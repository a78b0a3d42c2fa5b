import ts from 'typescript'

// esbuild's `keepNames` gives every function its name by a call, also one that has it anyway, and a closure at each
// time that it is made: several times what making it costs. So the calls that say nothing new are blanked out. Each
// character stands for one, so that source maps still fit.
// Its helpers go through objects by `for … in`, which also sees what others have put on Object.prototype.
// A script that V8 compiled before cannot import modules (Node 20): it is given the function that does.

/**
 * The text of a bundle without the calls of `__name` that name what JavaScript has named already, and with `__import`
 * where it imports.
 */
export function rewrite(text) {
  const source = ts.createSourceFile('bundle.js', text, ts.ScriptTarget.ESNext, true, ts.ScriptKind.JS)
  const cuts = []
  const cut = (start, end, instead) => cuts.push([start, end, instead])
  const visit = (node) => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === '__name')
      blank_call(node, cut)
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      cut(node.expression.getStart(), node.expression.end, '__import')
    if (ts.isForInStatement(node)) cut(node.initializer.end, node.expression.end, own_keys(node))
    ts.forEachChild(node, visit)
  }
  visit(source)
  const pieces = []
  let at = 0
  for (const [start, end, instead] of cuts.sort((a, b) => a[0] - b[0])) {
    pieces.push(text.slice(at, start), instead ?? text.slice(start, end).replace(/[^\n]/g, ' '))
    at = end
  }
  return ascii(pieces.join('') + text.slice(at))
}

/** ` of Object.keys(all)` in a helper's loop over its object; our own loops ask for own keys themselves. */
function own_keys({ statement, expression }) {
  const text = statement.getText()
  return /(?:hasOwn|has_own_key\d*\.call)\(/.test(text)
    ? ` in ${expression.getText()}`
    : ` of Object.keys(${expression.getText()})`
}

/** esbuild escapes what is not ASCII, in comments excepted. */
function ascii(text) {
  const lines = text.split('\n').filter((line) => /[^\p{ASCII}]/u.test(line))
  const code = lines.find((line) => !/^\s*(\/\/|\/?\*)/.test(line))
  if (code !== undefined) throw new Error(`not ASCII in the bundle: ${code}`)
  return text.replace(/[^\p{ASCII}]/gu, '?')
}

function blank_call(call, cut) {
  const [value, { text: name }] = call.arguments
  const { parent } = call
  if (ts.isExpressionStatement(parent)) {
    const block = parent.parent.parent
    const in_class = value.kind === ts.SyntaxKind.ThisKeyword && ts.isClassStaticBlockDeclaration(block)
    if (in_class && own_name(block.parent) === name && block.body.statements.length === 1)
      cut(block.getStart(), block.end)
    else if (ts.isIdentifier(value) && value.text === name) cut(parent.getStart(), parent.end)
  } else if (is_anonymous(value) && own_name(value, call) === name) {
    cut(call.getStart(), value.getStart())
    cut(value.end, call.end)
  }
}

const is_anonymous = (node) =>
  ts.isArrowFunction(node) || ((ts.isFunctionExpression(node) || ts.isClassExpression(node)) && !node.name)

/** What JavaScript calls a function or class that stands where `place` does. */
function own_name(node, place = node) {
  if (node.name) return node.name.text
  const { parent } = place
  if (ts.isVariableDeclaration(parent) && parent.initializer === place && ts.isIdentifier(parent.name))
    return parent.name.text
  if (ts.isPropertyAssignment(parent) && (ts.isIdentifier(parent.name) || ts.isStringLiteral(parent.name)))
    return parent.name.text
  const { EqualsToken } = ts.SyntaxKind
  if (ts.isBinaryExpression(parent) && parent.operatorToken.kind === EqualsToken && parent.right === place)
    return ts.isIdentifier(parent.left) ? parent.left.text : undefined
  return undefined
}
