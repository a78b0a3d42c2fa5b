import { make_error, runtime_error, type_name, value_error } from '../../errors.js'
import { name_of_operator, type Operator, operator } from '../../ops/operator.js'
import { overload_of, overloads_named } from '../../ops/schema.js'
import { own, own_value } from '../../own.js'
import { is_error } from '../../realm.js'
import { py_string } from '../../repr.js'
import type { Tensor } from '../../tensor.js'
import type { CustomOpDef } from '../custom_ops.js'
import { tensors_of } from '../tensors.js'
import { check_autograd_registration } from './autograd.js'
import { type Call, type Keywords, with_tensors } from './call.js'
import { check_meta } from './meta.js'
import { check_schema } from './schema.js'

const checks = {
  test_schema: check_schema,
  test_autograd_registration: check_autograd_registration,
  test_faketensor: check_meta,
}

/** The name of a check of {@link opcheck}. */
export type OpCheck = keyof typeof checks

/** How {@link opcheck} looks at an operator. */
export interface OpCheckOptions {
  /** The checks to make. Default: all. */
  test_utils?: OpCheck | 'ALL' | readonly OpCheck[]
  /** Throws at the first fault; false notes each fault in what is returned. Default: true. */
  raise_exception?: boolean
}

/** What each check found: `'SUCCESS'`, or the Error. */
export type OpCheckResults = { [name in OpCheck]?: 'SUCCESS' | Error }

const quoted = (names: readonly string[]) => `(${names.map(py_string).join(', ')})`

function chosen_checks(test_utils: OpCheckOptions['test_utils']): readonly OpCheck[] {
  const all = Object.keys(checks) as OpCheck[]
  if (test_utils === undefined || test_utils === 'ALL') return all
  const chosen = typeof test_utils === 'string' ? [test_utils] : test_utils
  if (!Array.isArray(chosen) || !chosen.every((name) => all.includes(name)))
    throw value_error(
      `opcheck(op, ..., test_utils=${quoted([chosen].flat().map(String))}), expected test_utils to be subset of ${quoted(all)} but it was not`,
    )
  return chosen
}

/** The full name of the one overload that is meant. */
function overload_meant(op: unknown): string {
  const is_definition = typeof op === 'function' && Object.hasOwn(op, 'qualname')
  const name = is_definition
    ? own_value(op, 'qualname')
    : typeof op === 'function'
      ? name_of_operator(op)
      : op
  if (typeof name !== 'string')
    throw value_error(
      `opcheck(op, ...): op must be an operator, e.g. torch.ops.aten.sin.default, got ${type_name(op)}`,
    )
  if (name.includes('.')) return name.replace(/\.default$/, '')
  const overloads = overloads_named(name)
  if (overloads.length === 1) return overloads[0]!
  if (overloads.length === 0) throw runtime_error(`opcheck(op, ...): there is no operator '${name}'`)
  const own = overloads.map((full) => full.slice(name.length + 1))
  throw runtime_error(
    `opcheck can only test operators without overloads. Got the following overloads for ${name}: [${own.map(py_string).join(', ')}]`,
  )
}

const copied = (tensor: Tensor): Tensor => tensor.detach().clone().requires_grad_(tensor.requires_grad)

function failed(name: OpCheck, fault: Error): Error {
  const error = make_error(
    'OpCheckError',
    `opcheck(op, ...): ${name} failed with ${fault.message} (scroll up for stack trace)`,
  )
  error.cause = fault
  return error
}

/**
 * Looks at one call of an operator, whether it is registered as it should be:
 *
 * - `test_schema`: it changes, and returns, what its schema says;
 * - `test_autograd_registration`: its gradient is registered where autograd looks for it, not inside its kernel;
 * - `test_faketensor`: what it gives for tensors on the meta device has the sizes, strides and dtype of what it computes.
 *
 * Python's checks of what a compiler makes of the operator have no counterpart. Whether the gradient is right,
 * `torch.autograd.gradcheck` says. The arguments themselves are left as they are: each check is given copies.
 *
 * @param op what {@link custom_op} made, an operator without overloads of `torch.ops`, or its name
 * @param args sample arguments; some of them should require gradients where the operator has one
 * @param kwargs keyword arguments
 * @returns `'SUCCESS'` for each check, or its Error
 * @throws OpCheckError where a check fails, with the fault as its `cause`; ValueError for what is no operator or no check
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * import type { Tensor } from 'typetorch'
 *
 * const twice = torch.library.custom_op('doc_ops::checked', (x: Tensor) => x.mul(2), {
 *   mutates_args: [],
 *   schema: '(Tensor x) -> Tensor',
 * })
 * twice.register_fake((x) => torch.empty_like(x))
 * torch.library.opcheck(twice, [torch.ones(3)]) // { test_schema: 'SUCCESS', … }
 * ```
 * @see https://docs.pytorch.org/docs/2.13/library.html#torch.library.opcheck
 */
export function opcheck(
  op: CustomOpDef | Operator | string,
  args: readonly unknown[],
  kwargs: Keywords | null = {},
  options: OpCheckOptions = {},
): OpCheckResults {
  const { test_utils, raise_exception = true } = own(options)
  const full = overload_meant(op)
  const call: Call = { overload: overload_of(full), op: operator(full), args, kwargs: kwargs ?? {} }
  const is_abstract = tensors_of([args, kwargs]).some((tensor) => tensor.is_meta)
  const results: OpCheckResults = {}
  for (const name of chosen_checks(test_utils)) {
    try {
      if (!is_abstract) checks[name](with_tensors(call, copied))
      results[name] = 'SUCCESS'
    } catch (error) {
      if (!is_error(error)) throw error
      results[name] = error
      if (raise_exception) throw failed(name, error)
    }
  }
  return results
}
