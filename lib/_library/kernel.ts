import { run_kernel } from '../autograd/reach.js'
import { type_error, type_name } from '../errors.js'
import { layout_of_code } from '../layout.js'
import type { RawKernel } from '../native.js'
import { lower } from '../ops/lower.js'
import { wrap_value } from '../ops/results.js'
import { type Overload, overload_of } from '../ops/schema.js'
import { Tensor } from '../tensor.js'

/** A kernel as users write it: the schema's arguments, keyword-only ones in a trailing object. */
export type Kernel = (...args: never[]) => unknown

function raise(kind: string, raw: unknown): unknown {
  if (raw === null || raw === undefined) return null
  return kind === 'torch.layout' ? layout_of_code(raw as number) : wrap_value(kind, raw)
}

/** The arguments of a call as a kernel takes them. */
export function split_arguments(
  overload: Overload,
  values: readonly unknown[],
): [positional: unknown[], keywords: Record<string, unknown> | undefined] {
  const { positional, parameters } = overload
  if (positional === parameters.length) return [[...values], undefined]
  const keywords = Object.fromEntries(
    parameters.slice(positional).map(({ name }, i) => [name, values[positional + i]]),
  )
  return [values.slice(0, positional), keywords]
}

function lower_result(overload: Overload, kind: string, value: unknown): unknown {
  const fits =
    kind === 'Tensor'
      ? value instanceof Tensor || value === null
      : kind === 'Tensor[]'
        ? Array.isArray(value) && value.every((item) => item instanceof Tensor)
        : kind.endsWith('[]') === Array.isArray(value)
  if (!fits)
    throw type_error(
      `${overload.full}: a kernel written in TypeScript must return ${kind}, not ${type_name(value)}`,
      overload.name,
    )
  return lower(value)
}

function lower_results(overload: Overload, value: unknown): unknown {
  const { results } = overload
  if (results.length === 0) return null
  if (results.length === 1) return lower_result(overload, results[0]!.kind, value)
  if (!Array.isArray(value) || value.length !== results.length)
    throw type_error(
      `${overload.full}: a kernel written in TypeScript must return an array of ${results.length} results, not ${
        Array.isArray(value) ? `${value.length}` : type_name(value)
      }`,
      overload.name,
    )
  return results.map(({ kind }, i) => lower_result(overload, kind, value[i]))
}

/** A kernel as the addon calls it. */
export function raw_kernel(full: string, kernel: Kernel): RawKernel {
  return (values) => {
    const overload = overload_of(full)
    const raised = overload.parameters.map(({ kind }, i) => raise(kind, values[i]))
    const [positional, keywords] = split_arguments(overload, raised)
    const args = keywords === undefined ? positional : [...positional, keywords]
    return lower_results(
      overload,
      run_kernel(() => kernel(...(args as never[]))),
    )
  }
}
