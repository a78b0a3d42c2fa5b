import { no_grad } from '../autograd/grad_mode.js'
import { is_promise } from '../callback.js'
import { default_generator } from '../generator.js'
import type { Module } from '../nn/modules/module.js'
import { get_rng_state, set_rng_state } from '../random.js'
import { BatchReader } from './batches.js'
import { check_result, readings_of, with_autocast } from './optimization.js'
import type { TrainerOptions } from './options.js'
import type { Batches } from './place.js'
import { Means, Reading } from './reading.js'
import type { Running } from './running.js'

/** What is validated on. */
export interface Validation<Batch> {
  data: Batches<Batch>
  /** From a batch to its loss, or `{ loss, …metrics }`. */
  step: (batch: Batch) => unknown
  /** Waits for the steps and the data. */
  running: Running
  /** How many batches at most. */
  limit: number
  options: TrainerOptions
  /** Gives the event loop its turn. */
  turn: () => Promise<void>
}

/** Goes through data as `for await` does, but for what is waited for too long. */
async function* waited<Batch>(data: Batches<Batch>, running: Running): AsyncGenerator<Batch> {
  const reader = new BatchReader(data)
  let within = false
  try {
    for (;;) {
      const next = await running.for(Promise.resolve(reader.next()), "the validation data's next batch")
      if (next.done) return
      within = true
      yield next.value
      within = false
    }
  } finally {
    if (within) await reader.close()
  }
}

/**
 * The means over the batches of a validation, `val_loss` and the like. The model is in evaluation mode meanwhile, and the
 * CPU's generator begins from the same seed each time, so that one validation can be compared with the next; training's
 * random numbers are not touched.
 */
export async function validate<Batch>(
  model: Module,
  { data, step, running, limit, options, turn }: Validation<Batch>,
): Promise<Record<string, number>> {
  const training = new Map([...model.modules()].map((module) => [module, module.training]))
  const rng_state = get_rng_state()
  const means = new Means()
  model.eval()
  default_generator.manual_seed(0)
  try {
    await no_grad(async () => {
      let count = 0
      for await (const batch of waited(data, running)) {
        const result = running.own(() => {
          const result = with_autocast(options.autocast, () => step(batch))
          return is_promise(result)
            ? running.waits.for(result, `the validation's step of batch ${count}`)
            : result
        })
        const { loss, ...metrics } = check_result(await result)
        means.add('val_loss', Reading.of(loss))
        for (const [name, reading] of Object.entries(readings_of(metrics))) means.add(`val_${name}`, reading)
        await turn()
        if (++count >= limit) break
      }
    })
  } finally {
    set_rng_state(rng_state)
    for (const [module, mode] of training) module.training = mode
  }
  return means.values()
}
