import type { FunctionClass, VmapInfo } from '../autograd/function.js'
import { apply_at_level } from '../autograd/function_apply.js'
import { with_grad } from '../autograd/grad_mode.js'
import { python_type_name, runtime_error } from '../errors.js'
import { type LevelFacts, native } from '../native.js'
import { handle_of, Tensor, wrap } from '../tensor.js'
import {
  broadcast_to_leaves,
  show_structure,
  tree_flatten,
  tree_map,
  tree_unflatten,
} from '../utils/pytree.js'
import {
  add_batch_dim,
  below_level,
  lift,
  unwrap_batched,
  unwrap_if_dead,
  unwrap_tensors,
  with_forward_mode,
} from './levels.js'
import { split_outputs, vmapped_function } from './vmapped_function.js'

type Loose = (...args: unknown[]) => unknown

const PAGE = 'For more details, please see https://pytorch.org/docs/main/notes/extending.func.html'

/**
 * A call of an autograd.Function inside transforms: each level has a rule for it, as it has for an operator, and hands it on to
 * the level outside of it; outside of all it is called as it is.
 */
export function custom_function_call(
  type: FunctionClass,
  base: FunctionClass,
  args: readonly unknown[],
): unknown {
  const live = args.map((arg) => tree_map(arg, unwrap_if_dead))
  if (native.level_depth() === 0) return apply_at_level(type, base, live)
  const facts = native.current_level()
  return facts[0] === 'vmap' ? map(type, base, live, facts) : differentiate(type, base, live, facts[1])
}

/** Under grad and jvp: a Function of the level's own, whose forward is the call one level further out. */
function differentiate(
  type: FunctionClass,
  base: FunctionClass,
  args: readonly unknown[],
  level: number,
): unknown {
  const lifted = args.map((arg) => tree_map(arg, lift))
  const generated = {
    name: `${type.name}Generated`,
    generate_vmap_rule: false,
    forward: (...operands: unknown[]) => {
      const inner = operands.map((operand) => unwrap_tensors(operand, level))
      // The call of the Function of this level turns both modes off.
      const output = with_grad(() =>
        with_forward_mode(true, () => below_level(() => custom_function_call(type, base, inner))),
      )
      return wrap_outputs(output, inner, operands, (tensor) =>
        wrap(native.wrap_for_grad(handle_of(tensor), level)),
      )
    },
    setup_context: (...given: unknown[]) => (type.setup_context as Loose)(...given),
    backward: (...given: unknown[]) => (type.backward as Loose)(...given),
    vjp: base.vjp,
    jvp: (...given: unknown[]) => (type.jvp as Loose)(...given),
    vmap: base.vmap,
  }
  return apply_at_level(generated as FunctionClass, base, lifted)
}

/** Under vmap: by the Function's own rule, or by one that is made of its methods. */
function map(type: FunctionClass, base: FunctionClass, args: readonly unknown[], facts: LevelFacts): unknown {
  const [, level, batch_size, randomness] = facts
  const has_rule = type.vmap !== base.vmap
  if (type.generate_vmap_rule && has_rule)
    throw runtime_error(
      `You tried to vmap over ${type.name}, but it has both generate_vmap_rule=True and an overridden vmap staticmethod. Please set generate_vmap_rule=False or delete the overridden vmap staticmethod to avoid ambiguity. ${PAGE}`,
    )
  if (!type.generate_vmap_rule && !has_rule)
    throw runtime_error(
      `You tried to vmap over ${type.name}, but it does not have vmap support. Please override and implement the vmap staticmethod or set generate_vmap_rule=True. ${PAGE}`,
    )
  if (type.generate_vmap_rule) {
    const [inner, in_dims] = unwrap_batched(args, level) as [unknown[], unknown[]]
    const mapped = vmapped_function(type, base, in_dims, { batch_size, randomness })
    const outputs = below_level(() => custom_function_call(mapped, base, inner)) as unknown[]
    const { output, out_dims } = split_outputs(outputs)
    return wrap_outputs(output, [], [], (tensor, dim) => add_batch_dim(tensor, dim, level), out_dims)
  }
  return by_vmap_rule(facts, args, {
    rule: (...given) => (type.vmap as Loose).apply(type, given),
    without: () => custom_function_call(type, base, args),
    below: below_level,
  })
}

/** A rule for vmap as users write it, and what it stands in. */
export interface VmapRule {
  /** `rule(info, in_dims, …args)` gives `[output, out_dims]`. */
  rule: (...given: unknown[]) => unknown
  /** The call where none of its arguments is mapped over. */
  without: () => unknown
  /** Runs a callback outside of the map. */
  below: <R>(callback: () => R) => R
}

/** A call under the innermost level, a vmap, by a rule. */
export function by_vmap_rule(
  [, level, batch_size, randomness]: LevelFacts,
  args: readonly unknown[],
  { rule, without, below }: VmapRule,
): unknown {
  const [inner, in_dims] = unwrap_batched(args, level) as [unknown[], unknown[]]
  // What is not mapped over at this level is none of the rule's business.
  if (tree_flatten(in_dims)[0].every((dim) => dim === null)) return below(without)
  const info: VmapInfo = { batch_size, randomness }
  const [output, out_dims] = checked_pair(below(() => rule(info, in_dims, ...inner)))
  return wrap_outputs(output, inner, args, (tensor, dim) => add_batch_dim(tensor, dim, level), out_dims)
}

function checked_pair(answer: unknown): readonly [output: unknown, out_dims: unknown] {
  const expected =
    'Expected the vmap staticmethod to have two returns, an output and out_dims with pytree structure compatible with the output. '
  if (!Array.isArray(answer)) {
    const name = answer instanceof Tensor ? 'torch.Tensor' : python_type_name(answer)
    throw runtime_error(`${expected}Got a <class '${name}'> instead`)
  }
  if (answer.length !== 2) throw runtime_error(`${expected}Got ${answer.length} returns instead`)
  return answer as [unknown, unknown]
}

/** The outputs as the level has them; what came back as it was given (mark_dirty) is the caller's own tensor. */
function wrap_outputs(
  outputs: unknown,
  inner: readonly unknown[],
  args: readonly unknown[],
  wrap_output: (tensor: Tensor, dim: number | null) => Tensor,
  out_dims: unknown = null,
): unknown {
  const [inner_leaves] = tree_flatten(inner)
  const [own_leaves] = tree_flatten(args)
  const [leaves, spec] = tree_flatten(outputs)
  const dims = broadcast_to_leaves(out_dims, spec)
  if (dims === null)
    throw runtime_error(
      `The autograd.Function's vmap staticmethod returned an incompatible (output, out_dims) tuple. Expected out_dims=${JSON.stringify(out_dims)} to be compatible with the structure of \`output\`. out_dims has structure ${show_structure(tree_flatten(out_dims)[1])} but output has structure ${show_structure(spec)}. ${PAGE}`,
    )
  const wrapped = leaves.map((leaf, i) => {
    if (!(leaf instanceof Tensor)) return leaf
    const place = inner_leaves.indexOf(leaf)
    return place < 0 ? wrap_output(leaf, (dims[i] ?? null) as number | null) : own_leaves[place]
  })
  return tree_unflatten(wrapped, spec)
}
