import { tensor_backward_async } from '../autograd/backward.js'
import { link_hooks } from '../autograd/hooks.js'
import { type AsyncOptions, check_signal, on_background } from '../background.js'
import type { DeviceLike } from '../device.js'
import type { DType } from '../dtype.js'
import { type Handle, native } from '../native.js'
import { take_out } from '../ops/keywords.js'
import { lower, lower_device } from '../ops/lower.js'
import { own, own_value } from '../own.js'
import { keyword } from '../python/parameters.js'
import { signature } from '../python/signature.js'
import { handle_of, type Tensor, wrap } from '../tensor.js'
import { type BackwardOptions, enter } from './autograd.js'
import { number_of_item, type ToKeywords, to_keywords } from './conversions.js'

/** What a tensor does on a thread of ours, while the event loop is free. */
export interface TensorAsync {
  /**
   * {@link Tensor.backward} on a thread of ours. Hooks and autograd Functions written in JavaScript come back to this thread
   * and run there, in the modes and the asynchronous context of the call. Until it is through, a call that would race with it
   * (a step of an optimizer for its parameters, a read of their `grad`, another backward through the same graph, an in-place
   * change) is a RuntimeError.
   *
   * @param options those of `backward`, and `signal`: a backward that has not begun never runs then; one that runs goes on to
   *   its end, and the promise is rejected at once
   * @returns rejected with what a hook threw, or with LibTorch's error
   * @example
   * ```ts
   * import * as torch from 'typetorch'
   * const x = torch.ones(3, { requires_grad: true })
   * await x.mul(2).sum().backward_async()
   * x.grad // tensor([2., 2., 2.])
   * ```
   */
  backward_async(
    gradient?: Tensor | null,
    retain_graph?: boolean | null,
    create_graph?: boolean,
    inputs?: Tensor | readonly Tensor[] | null,
  ): Promise<void>
  backward_async(options: BackwardOptions & AsyncOptions): Promise<void>
  backward_async(
    gradient: Tensor | null,
    options: Omit<BackwardOptions, 'gradient'> & AsyncOptions,
  ): Promise<void>
  /**
   * {@link Tensor.item} on a thread of ours: after the calls that were made before it, and without blocking while a device
   * computes.
   *
   * @throws as `item` does, by rejecting
   */
  item_async(options?: AsyncOptions): Promise<number>
  /**
   * {@link Tensor.to} on a thread of ours.
   *
   * @throws as `to` does, by rejecting
   */
  to_async(dtype: DType, options?: ToKeywords & AsyncOptions): Promise<Tensor>
  to_async(device: DeviceLike, dtype?: DType, options?: ToKeywords & AsyncOptions): Promise<Tensor>
  to_async(device: DeviceLike, options: ToKeywords & AsyncOptions): Promise<Tensor>
  to_async(other: Tensor, options?: ToKeywords & AsyncOptions): Promise<Tensor>
  to_async(options: ToKeywords & AsyncOptions): Promise<Tensor>
}

const ITEM_ASYNC = signature('item_async', { signal: keyword<unknown>(null) })

async function item_async(this: Tensor, ...args: unknown[]): Promise<unknown> {
  const [given] = ITEM_ASYNC.bind(args)
  const signal = check_signal(given, 'item_async')
  const handle = handle_of(this)
  enter()
  return on_background({
    signal,
    begin: (settle) => native.item_async(handle, settle),
    finish: (value) => number_of_item(value as ReturnType<typeof native.item>),
    keep: this,
    method: item_async,
  })
}

async function to_async(this: Tensor, ...args: unknown[]): Promise<Tensor> {
  const [others, given] = take_out(args, ['signal'])
  const signal = check_signal(own_value(given, 'signal'), 'to_async')
  const { dtype, device, non_blocking, copy, memory_format } = own(to_keywords(others))
  const handle = handle_of(this)
  enter()
  return on_background({
    signal,
    begin: (settle) =>
      native.to_async(
        handle,
        dtype ? (lower(dtype) as number) : null,
        device === undefined || device === null ? null : lower_device(device),
        non_blocking === true,
        copy === true,
        memory_format ? (lower(memory_format) as number) : null,
        settle,
      ),
    finish: (made) => {
      const result = wrap(made as Handle)
      link_hooks(result, [this])
      return result
    },
    keep: this,
    method: to_async,
  })
}

export const async_methods: { [K in keyof TensorAsync]: unknown } = {
  backward_async: tensor_backward_async,
  item_async,
  to_async,
}
