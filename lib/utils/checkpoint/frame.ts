import { enable_grad, no_grad } from '../../autograd/grad_mode.js'
import { saved_tensors_hooks } from '../../autograd/saved_tensors.js'
import { make_error } from '../../errors.js'
import { native } from '../../native.js'
import { py_size } from '../../repr.js'
import type { Tensor } from '../../tensor.js'

const checkpoint_error = (message: string) => make_error('CheckpointError', message, 'checkpoint')

/** Thrown once all that is needed has been computed again. */
const STOP = new Error('nothing more is needed')

/** What is kept in the place of a saved tensor: for each backward the tensor, and null once it was given out. */
class Holder {
  readonly found = new Map<number, Tensor | null>()
}

const describe = (tensor: Tensor): string =>
  `{'shape': ${py_size(tensor.shape)}, 'dtype': ${tensor.dtype}, 'device': ${tensor.device}}`

export interface FrameOptions {
  early_stop: boolean
  determinism_check: 'default' | 'none'
}

/**
 * A call whose saved tensors are not kept. The first that backward asks for has the call run again, and what operators save
 * then takes the places of what they saved before, one by one.
 */
export class Frame {
  readonly #holders: Holder[] = []
  readonly #metadata: string[] = []
  readonly #recomputed = new Set<number>()
  #forward_completed = false
  #ignore_mismatch = false
  #temporary = -2

  constructor(
    readonly recompute: () => void,
    readonly options: FrameOptions,
  ) {}

  /** Runs the call, with holders in the place of what it saves. */
  run<T>(callback: () => T): T {
    const pack = (tensor: Tensor): Holder => {
      const holder = new Holder()
      this.#holders.push(holder)
      if (this.options.determinism_check === 'default') this.#metadata.push(no_grad(() => describe(tensor)))
      return holder
    }
    const result = saved_tensors_hooks(pack, (holder) => this.#unpack(holder), callback)
    this.#forward_completed = true
    return result
  }

  #unpack(holder: Holder): Tensor {
    // Outside of backward each asks for itself.
    const current = native.graph_task()
    const task = current >= 0 ? current : this.#temporary--
    if (!this.#recomputed.has(task)) this.#recompute(task)
    const tensor = holder.found.get(task)
    if (tensor === undefined || tensor === null)
      throw checkpoint_error(
        'torch.utils.checkpoint: Unpack is being triggered for a tensor that was already unpacked once. If you are ' +
          'calling ctx.saved_tensors in backward, make sure to do so only once. Otherwise please open an issue with ' +
          'details on your use case.',
      )
    holder.found.set(task, null)
    return tensor
  }

  #recompute(task: number): void {
    let count = 0
    const pack = (saved: Tensor): Tensor => {
      const tensor = saved.requires_grad ? saved.detach() : saved
      const place = count++
      const holder = this.#holders[place]
      if (holder === undefined) {
        if (!this.#forward_completed) {
          this.#ignore_mismatch = true
          return tensor
        }
        throw checkpoint_error(
          'torch.utils.checkpoint: trying to save more tensors during recomputation than during the original forward pass.',
        )
      }
      holder.found.set(task, tensor)
      if (this.options.early_stop && count === this.#holders.length) throw STOP
      return tensor
    }
    try {
      saved_tensors_hooks(
        pack,
        (tensor) => tensor,
        () => enable_grad(this.recompute),
      )
    } catch (error) {
      if (error !== STOP) throw error
    }
    this.#recomputed.add(task)
    if (!this.#ignore_mismatch) this.#check(task, count)
  }

  #check(task: number, count: number): void {
    if (count !== this.#holders.length)
      throw checkpoint_error(
        'torch.utils.checkpoint: A different number of tensors was saved during the original forward and recomputation.\n' +
          `Number of tensors saved during forward: ${this.#holders.length}\n` +
          `Number of tensors saved during recomputation: ${count}.`,
      )
    if (this.options.determinism_check === 'none') return
    const different = this.#holders.flatMap((holder, place) => {
      const tensor = holder.found.get(task)
      const again = tensor ? no_grad(() => describe(tensor)) : undefined
      const before = this.#metadata[place]
      return again === undefined || again === before
        ? []
        : [`tensor at position ${place}:\nsaved metadata: ${before}\nrecomputed metadata: ${again}\n`]
    })
    if (different.length > 0)
      throw checkpoint_error(
        'torch.utils.checkpoint: Recomputed values for the following tensors have different metadata than during the forward pass.\n' +
          `${different.join('')}.`,
      )
  }
}
