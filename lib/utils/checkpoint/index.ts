import { is_grad_enabled } from '../../autograd/grad_mode.js'
import { type_error, type_name, value_error } from '../../errors.js'
import { native } from '../../native.js'
import { Sequential } from '../../nn/modules/container.js'
import { keyword, keywords, optional, required } from '../../python/parameters.js'
import { signature } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import { warn_once } from '../../warn.js'
import { Frame } from './frame.js'
import { type CheckpointOptions, split_arguments } from './options.js'
import { CheckpointFunction } from './reentrant.js'
import { make_replay } from './replay.js'

export { CheckpointError } from '../../errors.js'
export type { CheckpointOptions }

/** Which of the two roads was asked for; PyTorch warns where none was, and takes the older. */
function is_reentrant(use_reentrant: boolean | null, name: string): boolean {
  if (use_reentrant !== null) return use_reentrant
  warn_once(
    `${name}: the use_reentrant parameter should be passed explicitly. Starting in PyTorch 2.9, calling checkpoint without ` +
      'use_reentrant will raise an exception. use_reentrant=False is recommended, but if you need to preserve the current ' +
      'default behavior, you can pass use_reentrant=True. Refer to docs for more details on the differences between the two ' +
      'variants.',
    'UserWarning',
    native.context_get('warn_always'),
  )
  return true
}

/**
 * Calls a function without keeping what its operators save for backward: backward calls it again. Memory for time.
 *
 * @param run called with the arguments now, and once more in backward; it must do the same both times
 * @param args its arguments, and at the end the keywords of {@link CheckpointOptions}
 * @returns what the function returns
 * @throws CheckpointError from backward, where the second call saved other tensors than the first
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * import { nn } from 'typetorch'
 * const block = new nn.Sequential(new nn.Linear(4, 4), new nn.ReLU())
 * const x = torch.randn(2, 4)
 * torch.utils.checkpoint.checkpoint(block, x, { use_reentrant: false }).sum().backward()
 * ```
 * @see https://docs.pytorch.org/docs/2.13/checkpoint.html#torch.utils.checkpoint.checkpoint
 */
export function checkpoint<A extends readonly unknown[], R>(
  run: (...args: A) => R,
  ...args: [...A, CheckpointOptions] | A
): R
export function checkpoint(...given: unknown[]): unknown {
  const call = split_arguments(given)
  const { function: run, args, preserve_rng_state, determinism_check, early_stop } = call
  if (is_reentrant(call.use_reentrant, 'torch.utils.checkpoint'))
    return CheckpointFunction.apply(run, preserve_rng_state, ...args)
  if (!is_grad_enabled()) return run(...args)
  const replay = make_replay(preserve_rng_state)
  const frame = new Frame(() => void replay(() => run(...args)), { early_stop, determinism_check })
  return frame.run(() => run(...args))
}

type Layers = Sequential | readonly ((input: Tensor) => Tensor)[]

function expect_layers(value: unknown, name: string, argument: string): Layers {
  const is_list = Array.isArray(value) && value.every((layer) => typeof layer === 'function')
  if (value instanceof Sequential || is_list) return value as Layers
  throw type_error(
    `${name}(): argument '${argument}' must be Sequential or list of functions, not ${type_name(value)}`,
    name,
  )
}

const CHECKPOINT_SEQUENTIAL = signature(
  'checkpoint_sequential',
  { functions: required<Layers>(expect_layers) },
  { segments: required<number>() },
  { input: required<Tensor>() },
  { use_reentrant: optional<boolean | null>(null) },
  { preserve_rng_state: keyword(true) },
  { kwargs: keywords<unknown>() },
)

/**
 * Calls layers one after the other in `segments` parts, of which all but the last are {@link checkpoint}ed.
 *
 * @param functions the layers, or a Sequential
 * @param segments how many parts
 * @param input the first layer's input
 * @throws ValueError for a number of segments that the layers cannot be cut into
 * @see https://docs.pytorch.org/docs/2.13/checkpoint.html#torch.utils.checkpoint.checkpoint_sequential
 */
export function checkpoint_sequential(
  functions: Layers,
  segments: number,
  input: Tensor,
  use_reentrant?: boolean | null,
  options?: { preserve_rng_state?: boolean },
): Tensor
export function checkpoint_sequential(
  functions: Layers,
  segments: number,
  input: Tensor,
  options?: Pick<CheckpointOptions, 'use_reentrant' | 'preserve_rng_state'>,
): Tensor
export function checkpoint_sequential(...args: unknown[]): Tensor {
  const { functions, segments, input, kwargs, preserve_rng_state, ...given } =
    CHECKPOINT_SEQUENTIAL.take(args)
  const unknown = Object.keys(kwargs)
  if (unknown.length > 0) throw value_error(`Unexpected keyword arguments: ${unknown.join(',')}`)
  const use_reentrant = is_reentrant(given.use_reentrant, 'torch.utils.checkpoint.checkpoint_sequential')
  const layers =
    functions instanceof Sequential
      ? ([...functions.children()] as unknown as ((input: Tensor) => Tensor)[])
      : functions
  const size = Math.floor(layers.length / segments)
  if (!Number.isInteger(segments) || size < 1)
    throw value_error(
      `checkpoint_sequential(): argument 'segments' must be a whole number from 1 to the ${layers.length} layers, not ${segments}`,
    )
  const part = (start: number, end: number) => (x: Tensor) =>
    layers.slice(start, end).reduce((value, layer) => layer(value), x)
  let value = input
  let start = 0
  for (; start < size * (segments - 1); start += size)
    value = checkpoint(part(start, start + size), value, { use_reentrant, preserve_rng_state })
  return part(start, layers.length)(value)
}
