import { OrderedDict } from '../collections.js'
import { Generator } from '../generator.js'
import { IDENTITY } from '../identity.js'
import { Tensor } from '../tensor.js'
import { type AssertCloseOptions, assert_close } from './_comparison.js'
import { has_snapshot_text, snapshot_text } from './_snapshot.js'

/** What a framework lends a tester: its own comparison, for what the values hold. */
export interface TesterContext {
  equals(a: unknown, b: unknown, testers?: EqualityTester[]): boolean
}

/** Tells whether two values are equal, or undefined where it has nothing to say of them. */
export type EqualityTester = (
  this: TesterContext,
  a: unknown,
  b: unknown,
  testers: EqualityTester[],
) => boolean | undefined

/** How tensors are compared: the options of `torch.testing.assert_close`. */
export type TensorEqualityOptions = Omit<AssertCloseOptions, 'msg'>

/** A snapshot serializer, as vitest and Jest take it. */
export interface SnapshotSerializer {
  test(value: unknown): boolean
  serialize(value: unknown, config: unknown, indentation: string): string
}

// Jest copies what it prints a difference of, and reads every property for that: of a tensor some throw.
Object.defineProperty(Tensor.prototype, Symbol.for('@jest/serializableProperties'), { value: [IDENTITY] })

/** The parts of vitest's and Jest's `expect` that {@link install} calls. */
export interface ExpectLike {
  addEqualityTesters(testers: EqualityTester[]): void
  addSnapshotSerializer(serializer: SnapshotSerializer): void
}

function are_close(a: Tensor, b: Tensor, options: TensorEqualityOptions): boolean {
  try {
    assert_close(a, b, options)
    return true
  } catch (error) {
    // A TypeError: of two classes that are not related.
    if (['AssertionError', 'TypeError'].includes((error as Error).name)) return false
    throw error
  }
}

const pairs_of = (dict: OrderedDict<unknown>) => [...OrderedDict.prototype.items.call(dict)]

const same_state = (a: Generator, b: Generator): boolean =>
  String(a.device) === String(b.device) && a.get_state().equal(b.get_state())

/**
 * Makes an equality tester for `expect.addEqualityTesters`: two tensors are equal where `torch.testing.assert_close` has
 * nothing to object, two generators where their states are, two `OrderedDict`s, as state dicts are, where their keys are in
 * the same order and their values are. Says nothing of other values.
 *
 * @param options - rtol, atol, equal_nan, check_device, check_dtype, check_layout, check_stride, allow_subclasses, as in
 *   `assert_close`; `{ rtol: 0, atol: 0 }` asks for the same values
 * @throws what `assert_close` throws for wrong options, and for a disposed tensor, when the tester is called
 *
 * @example
 * ```ts
 * expect.addEqualityTesters([tensor_equality({ rtol: 0, atol: 0, equal_nan: true })])
 * ```
 */
export function tensor_equality(options: TensorEqualityOptions = {}): EqualityTester {
  return function (a, b, testers) {
    if (a instanceof Tensor && b instanceof Tensor) return are_close(a, b, options)
    if (a instanceof Generator && b instanceof Generator) return same_state(a, b)
    // Jest compares what such a dictionary holds without the testers.
    if (a instanceof OrderedDict && b instanceof OrderedDict)
      return this.equals(pairs_of(a), pairs_of(b), testers)
    return undefined
  }
}

/**
 * Writes tensors, modules, generators, dtypes and devices into snapshots, so that a snapshot changes wherever a value
 * does: of a tensor its class, size, dtype and elements (of more than 1,000 the first eight and a hash of all).
 *
 * @example
 * ```ts
 * expect.addSnapshotSerializer(tensor_serializer)
 * ```
 */
export const tensor_serializer: SnapshotSerializer = {
  test: has_snapshot_text,
  serialize: (value, _config, indentation) => snapshot_text(value, indentation),
}

let current: EqualityTester
const tester: EqualityTester = function (a, b, testers) {
  return current.call(this, a, b, testers)
}
const taught = new WeakSet<object>()

/**
 * Teaches an `expect` to compare tensors and to write them into snapshots. Called once more, as after a set-up file, it
 * changes how tensors are compared from then on.
 *
 * @param expect - vitest's or Jest's
 * @param options - how tensors are compared, as {@link tensor_equality} takes them
 *
 * @example
 * ```ts
 * import { expect } from 'vitest'
 * import { install } from 'typetorch/vitest'
 * install(expect, { rtol: 0, atol: 0 })
 * ```
 */
export function install(expect: ExpectLike, options: TensorEqualityOptions = {}): void {
  current = tensor_equality(options)
  if (taught.has(expect)) return
  taught.add(expect)
  expect.addEqualityTesters([tester])
  expect.addSnapshotSerializer(tensor_serializer)
}
