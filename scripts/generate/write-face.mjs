import { numbers_as_tensors } from './manual.mjs'
import { namespaces } from './model.mjs'

/**
 * face.ts: what the binder reads at run time.
 *
 * @param {import('./model.mjs').Face} face
 */
export function write_face(face) {
  const constants = namespaces.map((namespace) =>
    record(`${namespace}_functions`, face.functions[namespace], functions_doc(namespace)),
  )
  const results = [...face.named_results].map(
    ([name, names]) => `  ${quote(name)}: [${names.map(quote).join(', ')}],`,
  )
  const by_hand = Object.entries(face.by_hand).map(
    ([where, names]) => `  ${where}: ${quote(names.join(' '))},`,
  )
  return [
    ...constants,
    record('tensor_methods', face.methods, 'Methods of Tensor.'),
    '/** Operator -> the names of the tuple that it returns. */',
    'export const named_results: Readonly<Record<string, readonly string[]>> = {',
    ...results,
    '}\n',
    '/** Operators, of every overload, where a number may stand for a Tensor. */',
    `export const numbers_as_tensors: ReadonlySet<string> = new Set(${quote(numbers_as_tensors.join(' '))}.split(' '))\n`,
    '/** Names that PyTorch has and no operator gives: written by hand. */',
    "export const by_hand: Readonly<Record<'torch' | 'Tensor', string>> = {",
    ...by_hand,
    '}\n',
  ].join('\n')
}

/** @param {import('./model.mjs').Namespace} namespace */
function functions_doc(namespace) {
  if (namespace === 'torch') {
    return "Public name -> its overloads in the order to try; '>' marks the out form of the one before it."
  }
  return namespace === 'nn'
    ? 'Functions of torch._C._nn.'
    : `Functions of torch.${namespace}, without their prefix.`
}

/**
 * @param {string} constant
 * @param {import('./model.mjs').Names} names
 * @param {string} doc
 */
function record(constant, names, doc) {
  const lines = sorted(names).map(([name, overloads]) => `  ${name}: ${quote(overloads_text(overloads))},`)
  return [
    `/** ${doc} */`,
    `export const ${constant}: Readonly<Record<string, string>> = {`,
    ...lines,
    '}\n',
  ].join('\n')
}

/**
 * @param {import('./model.mjs').Names} names
 * @returns {[string, import('./model.mjs').Overload[]][]}
 */
export function sorted(names) {
  return [...names].sort(([a], [b]) => (a < b ? -1 : 1))
}

/** @param {import('./model.mjs').Overload[]} overloads */
export function overloads_text(overloads) {
  return overloads
    .flatMap(({ base, out }) =>
      out === undefined ? [base.full_name] : [base.full_name, `>${out.full_name}`],
    )
    .join(' ')
}

/** @param {string} text */
export function quote(text) {
  return `'${text.replaceAll("'", "\\'")}'`
}
