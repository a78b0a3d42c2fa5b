import { backward } from '../../autograd/backward.js'
import { AutogradFunction } from '../../autograd/function.js'
import type { FunctionCtx } from '../../autograd/function_ctx.js'
import { enable_grad, no_grad } from '../../autograd/grad_mode.js'
import { runtime_error } from '../../errors.js'
import { native } from '../../native.js'
import { Tensor } from '../../tensor.js'
import { warn_once } from '../../warn.js'
import { make_replay } from './replay.js'

type Loose = (...args: unknown[]) => unknown

/** A call that backward makes again, to run a backward of its own through it. */
export class CheckpointFunction extends AutogradFunction {
  static override forward(ctx: FunctionCtx, run: Loose, preserve_rng_state: boolean, ...args: unknown[]) {
    if (!args.some((value) => value instanceof Tensor && value.requires_grad))
      warn_once(
        'None of the inputs have requires_grad=True. Gradients will be None',
        'UserWarning',
        native.context_get('warn_always'),
      )
    const is_tensor = args.map((value) => value instanceof Tensor)
    ctx['run'] = run
    ctx['replay'] = make_replay(preserve_rng_state)
    ctx['is_tensor'] = is_tensor
    ctx['others'] = args.map((value, i) => (is_tensor[i] ? null : value))
    ctx.save_for_backward(...args.filter((value): value is Tensor => value instanceof Tensor))
    return no_grad(() => run(...args)) as Tensor | Tensor[]
  }

  static override backward(ctx: FunctionCtx, ...gradients: Tensor[]) {
    if (!native.is_checkpoint_valid())
      throw runtime_error(
        'When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad() or passing an `inputs` parameter to ' +
          '.backward(). To resolve this error, you can either set use_reentrant=False, or call .backward() without passing ' +
          'the `inputs` argument.',
      )
    const is_tensor = ctx['is_tensor'] as boolean[]
    const replay = ctx['replay'] as <T>(callback: () => T) => T
    const tensors = ctx.saved_tensors
    let next = 0
    const inputs = (ctx['others'] as unknown[]).map((value, i) => {
      if (!is_tensor[i]) return value
      const tensor = tensors[next++]!
      return tensor.detach().requires_grad_(tensor.requires_grad)
    })
    const result = replay(() => enable_grad(() => (ctx['run'] as Loose)(...inputs)))
    const outputs: unknown[] = Array.isArray(result) ? result : [result]
    const places = outputs.flatMap((output, i) =>
      output instanceof Tensor && output.requires_grad ? [i] : [],
    )
    if (places.length === 0)
      throw runtime_error('none of output has requires_grad=True, this checkpoint() is not necessary')
    backward(
      places.map((i) => outputs[i] as Tensor),
      places.map((i) => gradients[i]!),
    )
    return [null, null, ...inputs.map((input) => (input instanceof Tensor ? input.grad : null))]
  }
}
