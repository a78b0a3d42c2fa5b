// torch.compiler: nothing is compiled here, so its questions have one answer and its marks change nothing.

import type { Keywords } from '../python/call_types.js'
import { keyword, of_objects, optional } from '../python/parameters.js'
import { signature } from '../python/signature.js'

type Callable = (...args: never[]) => unknown

let warned = false

const CHOICES = [
  { fullgraph: keyword(false) },
  { dynamic: keyword<boolean | null>(null) },
  { backend: keyword<string | Callable>('inductor') },
  { mode: keyword<string | null>(null) },
  { options: of_objects(keyword<Record<string, unknown> | null>(null)) },
  { name: keyword<string | null>(null) },
  { disable: keyword(false) },
  { recompile_limit: keyword<number | null>(null) },
  { isolate_recompiles: keyword(false) },
  { shapes_spec: keyword<unknown>(null) },
] as const
const COMPILE = signature('compile', { model: optional<object | null>(null) }, ...CHOICES)

/** Keywords of {@link compile}; they are taken and change nothing. */
export type CompileOptions = Keywords<typeof CHOICES>

/**
 * Gives the model, or function, back as it is, and says once that it runs eagerly: there is no compiler here.
 *
 * @param model what Python would compile
 * @param options Python's keywords, which change nothing
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * const double = torch.compile((x: torch.Tensor) => x.mul(2))
 * double(torch.ones(1)).item() // 2
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.compile.html
 */
export function compile(options?: CompileOptions): <Model extends object>(model: Model) => Model
export function compile<Model extends object>(model: Model, options?: CompileOptions): Model
export function compile(...args: unknown[]): unknown {
  const [model] = COMPILE.bind(args)
  if (model === null) return (given: object) => compile(given)
  if (!warned) {
    warned = true
    process.emitWarning('torch.compile: there is no compiler here; the model runs eagerly', 'UserWarning')
  }
  return model
}

/** Whether code is being compiled: never. */
export function is_compiling(): boolean {
  return false
}
/** As {@link is_compiling}. */
export const is_dynamo_compiling = is_compiling
/** Whether a model is being exported: never. */
export const is_exporting = is_compiling

/** The compilers that there are: none. */
export function list_backends(): string[] {
  return []
}

/** Forgets what was compiled: nothing. */
export function reset(): void {}

/** Marks the start of a step for CUDA graphs, which are not captured here. */
export function cudagraph_mark_step_begin(): void {}

function mark<F extends object>(fn: F): F {
  return fn
}

/** Marks a function as not to be compiled: the function itself. */
export function disable<F extends object>(fn: F, _options?: { recursive?: boolean; reason?: string }): F {
  return fn
}
/** Marks a function as one that a graph may call: the function itself. */
export const allow_in_graph = mark
/** Marks a function's result as a constant: the function itself. */
export const assume_constant_result = mark

/** How compiled code behaves, for a callback's time or from now on: there is none. */
export function set_stance<T>(_stance: string, callback?: () => T): T | undefined {
  return callback?.()
}
