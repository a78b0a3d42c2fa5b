import { numbers_as_tensors } from './manual.mjs'

/**
 * @typedef {import('./schema.mjs').Kind} Kind
 * @typedef {import('./schema.mjs').Schema} Schema
 */

/** The TypeScript type of a value of each base type. @type {Record<string, string>} */
const bases = {
  Tensor: 'Tensor',
  Scalar: 'Scalar',
  int: 'Int',
  SymInt: 'Int',
  DeviceIndex: 'Int',
  float: 'number',
  bool: 'boolean',
  str: 'string',
  ScalarType: 'DType',
  Device: 'DeviceLike',
  Layout: 'Layout',
  MemoryFormat: 'MemoryFormat',
  Generator: 'Generator',
  Storage: 'Storage',
  Stream: 'Stream',
}

/** What comes back is narrower than what is taken. @type {Record<string, string>} */
const result_bases = {
  ...bases,
  Scalar: 'number | boolean | Complex',
  int: 'number',
  SymInt: 'number',
  SymBool: 'boolean',
  QScheme: 'number',
}

const numeric = new Set(numbers_as_tensors)

/**
 * @param {Kind} kind
 * @param {Schema} schema  whose parameter it is
 */
export function parameter_type(kind, schema) {
  const type = present_type(kind, schema)
  return kind.optional ? `${type} | null` : type
}

/**
 * @param {Kind} kind
 * @param {Schema} schema
 */
function present_type(kind, schema) {
  const base = lookup(bases, kind, schema)
  if (!kind.list) return base === 'Tensor' && numeric.has(schema.name) ? 'Tensor | Scalar' : base
  if (base === 'Int') return kind.size === undefined ? 'IntList' : 'IntOrList'
  return kind.optional_element ? `readonly (${base} | null)[]` : `readonly ${base}[]`
}

/**
 * @param {Schema} schema
 * @param {boolean} method
 */
export function result_type(schema, method) {
  const { results } = schema
  const [only] = results
  if (only === undefined) return 'void'
  if (results.length > 1) return tuple_type(schema)
  const in_place = schema.positional.some((parameter) => parameter.name === 'self' && parameter.written)
  if (method && in_place && only.kind.text === 'Tensor') return 'this'
  return one_result(only.kind, schema)
}

/** @param {Schema} schema */
function tuple_type(schema) {
  const { results } = schema
  const types = results.map((result) => one_result(result.kind, schema))
  if (results.some((result) => result.name === undefined)) return `[${types.join(', ')}]`
  const names = `[${results.map((result) => `'${result.name}'`).join(', ')}]`
  return types.every((type) => type === 'Tensor')
    ? `Named<${names}>`
    : `Named<${names}, [${types.join(', ')}]>`
}

/**
 * @param {Kind} kind
 * @param {Schema} schema
 */
function one_result(kind, schema) {
  const base = lookup(result_bases, kind, schema)
  if (!kind.list) return base
  // Lists of a foreach are as long as what goes in; others are taken apart at once.
  return base === 'Tensor' && !schema.text.startsWith('_') ? 'Several<Tensor>' : `${base}[]`
}

/** @param {Schema} out  the out form */
export function out_type(out) {
  const [first] = out.out
  if (out.out.length > 1) {
    const tuple = `readonly [${out.out.map(() => 'Tensor').join(', ')}]`
    const result = tuple_type(out)
    return result.startsWith('Named') ? `${tuple} | ${result}` : tuple
  }
  return first?.kind.list ? 'readonly Tensor[]' : 'Tensor'
}

/**
 * @param {Record<string, string>} table
 * @param {Kind} kind
 * @param {Schema} schema
 */
function lookup(table, kind, schema) {
  const type = table[kind.base]
  if (type === undefined) throw new Error(`${schema.text}: no TypeScript type for ${kind.text}`)
  return type
}
