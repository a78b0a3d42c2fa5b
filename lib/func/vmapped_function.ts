import type { FunctionClass, VmapInfo } from '../autograd/function.js'
import type { FunctionCtx } from '../autograd/function_ctx.js'
import { native } from '../native.js'
import { has_member, traps } from '../own.js'
import { handle_of, Tensor, wrap } from '../tensor.js'
import { broadcast_to_leaves, tree_flatten, tree_unflatten } from '../utils/pytree.js'
import { add_batch_dim, unwrap_batched, within_level } from './levels.js'

type Loose = (...args: unknown[]) => unknown
type Dim = number | null

/** What a vmapped Function keeps of one of its contexts. */
interface Kept {
  saved_dims: Dim[]
  shapes: (readonly number[] | null)[]
  out_dims: unknown
}

const as_list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value])

/** Runs a callback under a map of its own: its results without the map, and their dimensions. */
function under_vmap(
  { batch_size, randomness }: VmapInfo,
  args: readonly unknown[],
  dims: unknown,
  callback: Loose,
): [results: unknown, dims: unknown] {
  return within_level(
    'vmap',
    (level) => {
      const [leaves, spec] = tree_flatten(args)
      const places = broadcast_to_leaves(dims, spec)!
      const batched = leaves.map((leaf, i) =>
        leaf instanceof Tensor ? add_batch_dim(leaf, (places[i] ?? null) as Dim, level) : leaf,
      )
      return unwrap_batched(callback(...(tree_unflatten(batched, spec) as unknown[])), level)
    },
    batch_size,
    randomness,
  )
}

// Contexts under other names: where maps nest, each level's has that of the level outside of it inside.
const inner_of = new WeakMap<FunctionCtx, FunctionCtx>()

function innermost(ctx: FunctionCtx): FunctionCtx {
  let found = ctx
  for (let inner = inner_of.get(found); inner !== undefined; inner = inner_of.get(found)) found = inner
  return found
}

/** A context that is another one but for some of its properties. */
function context_with(ctx: FunctionCtx, own: Record<string, unknown>): FunctionCtx {
  const made = new Proxy(
    ctx,
    traps({
      get(target, name) {
        if (typeof name === 'string' && Object.hasOwn(own, name)) return own[name]
        const value: unknown = Reflect.get(target, name, target)
        // Its methods look at what only the context itself has.
        return typeof value === 'function' &&
          typeof name === 'string' &&
          has_member(Object.getPrototypeOf(target) as object, name)
          ? (value.bind(target) as unknown)
          : value
      },
      set: (target, name, value) => Reflect.set(target, name, value, target),
    }),
  )
  inner_of.set(made, ctx)
  return made
}

/**
 * A Function whose arguments have a dimension more: forward, setup_context, backward and jvp of another one under a map each. Its
 * outputs are the other's, and after them the list of their dimensions, or the only output's dimension.
 */
export function vmapped_function(
  type: FunctionClass,
  base: FunctionClass,
  in_dims: readonly unknown[],
  info: VmapInfo,
): FunctionClass {
  const kept = new WeakMap<FunctionCtx, Kept>()
  const kept_of = (ctx: FunctionCtx): Kept => kept.get(innermost(ctx))!

  function setup_context(ctx: FunctionCtx, inputs: readonly unknown[], outputs: unknown[]): void {
    const { output, out_dims } = split_outputs(outputs)
    const own: Kept = { saved_dims: [], shapes: [], out_dims }
    // Under the map, so that a shape that is looked at has no dimension more.
    under_vmap(info, [inputs, output], [in_dims, out_dims], (mapped_inputs, mapped_output) => {
      const [, level] = native.current_level()
      const save =
        (name: 'save_for_backward' | 'save_for_forward') =>
        (...tensors: (Tensor | null)[]) => {
          const [plain, dims] = unwrap_batched(tensors, level) as [(Tensor | null)[], Dim[]]
          own.saved_dims = dims
          ctx[name](...plain)
        }
      const saving = context_with(ctx, {
        save_for_backward: save('save_for_backward'),
        save_for_forward: save('save_for_forward'),
      })
      ;(type.setup_context as Loose)(saving, mapped_inputs, mapped_output)
      own.shapes = (mapped_inputs as unknown[]).map((input) => (input instanceof Tensor ? input.shape : null))
      return null
    })
    kept.set(innermost(ctx), own)
  }

  /** backward or jvp under the map, with what was saved as it was under it. */
  function run(
    method: 'backward' | 'jvp',
    ctx: FunctionCtx,
    args: readonly unknown[],
    dims: readonly unknown[],
  ): [unknown[], unknown[]] {
    const [results, result_dims] = under_vmap(
      info,
      [ctx.saved_tensors, args],
      [kept_of(ctx).saved_dims, dims],
      (saved_tensors, mapped) =>
        (type[method] as Loose)(context_with(ctx, { saved_tensors }), ...(mapped as unknown[])),
    )
    return [as_list(results), as_list(result_dims)]
  }

  const present = (values: readonly unknown[], dims: readonly unknown[]) =>
    values.map((value, i) => (value === null ? null : dims[i]))

  return {
    name: `Vmapped${type.name}`,
    generate_vmap_rule: true,
    forward: (...operands: unknown[]) => {
      const [output, out_dims] = under_vmap(info, operands, in_dims, type.forward.bind(type) as Loose)
      return Array.isArray(output) ? [...(output as unknown[]), out_dims] : [output, out_dims]
    },
    setup_context,
    backward: (ctx: FunctionCtx, ...all: unknown[]) => {
      const { out_dims, shapes } = kept_of(ctx)
      const gradients = all.slice(0, -1)
      const found = run('backward', ctx, gradients, present(gradients, as_list(out_dims)))
      return reductify(found, in_dims, info, shapes)
    },
    vjp: base.vjp,
    jvp: (ctx: FunctionCtx, ...tangents: unknown[]) => {
      const found = run('jvp', ctx, tangents, present(tangents, in_dims))
      return [...reductify(found, as_list(kept_of(ctx).out_dims), info), null]
    },
    vmap: base.vmap,
  } as FunctionClass
}

/** What a vmapped Function gave: the other's outputs, and the dimensions of those. */
export function split_outputs(outputs: unknown[]): { output: unknown; out_dims: unknown } {
  const out_dims = outputs[outputs.length - 1]
  return { output: Array.isArray(out_dims) ? outputs.slice(0, -1) : outputs[0], out_dims }
}

/** Gradients with the batch where the values that they belong to have it, summed over it where those have none. */
function reductify(
  [gradients, dims]: [unknown[], unknown[]],
  wanted: readonly unknown[],
  info: VmapInfo,
  shapes?: readonly (readonly number[] | null)[],
): (Tensor | null)[] {
  return gradients.map((gradient, i) =>
    gradient instanceof Tensor
      ? reductify_one(gradient, dims[i] as Dim, (wanted[i] ?? null) as Dim, info, shapes?.[i] ?? null)
      : null,
  )
}

function reductify_one(
  gradient: Tensor,
  dim: Dim,
  wanted: Dim,
  info: VmapInfo,
  shape: readonly number[] | null,
): Tensor {
  if (wanted === null) return dim === null ? gradient : gradient.sum(dim)
  let place = dim
  if (place === null) {
    gradient = gradient.unsqueeze(wanted)
    const sizes = [...gradient.shape]
    sizes[wanted] = info.batch_size
    gradient = gradient.expand(sizes)
    place = wanted
  }
  // backward may give a gradient that autograd would sum to the argument's shape; it cannot, with a dimension more.
  if (shape !== null)
    return within_level(
      'vmap',
      (level) => {
        const summed = add_batch_dim(gradient, place, level).sum_to_size([...shape])
        return wrap(native.remove_batch_dim(handle_of(summed), level, info.batch_size, wanted))
      },
      info.batch_size,
      'error',
    )
  return place === wanted ? gradient : gradient.movedim(place, wanted)
}
