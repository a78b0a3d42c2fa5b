import { is_error } from '../../realm.js'
import type { CheckpointEvent } from '../callback.js'
import type { TrainerStateDict } from '../state.js'
import type { Trainer } from '../trainer.js'
import { Checkpoints } from './checkpoints.js'

/**
 * Opens the folder of checkpoints that a Trainer's options name, and loads the newest state.
 *
 * @returns nothing in it where there is no folder; `loaded` where there was a state
 * @throws RuntimeError for a folder that another Trainer has, or whose checkpoint does not fit
 */
export async function open_checkpoints(
  trainer: Trainer,
): Promise<{ checkpoints?: Checkpoints; loaded?: CheckpointEvent }> {
  const { checkpoints: given, progress } = trainer.options
  if (given === undefined) return {}
  const checkpoints = new Checkpoints(typeof given === 'string' ? { folder: given } : given)
  try {
    const found = await checkpoints.open(trainer.global_step)
    if (found === null) return { checkpoints }
    const { path, state, damaged } = found
    load(trainer, path, state)
    const { global_step: step, epoch } = trainer
    if (progress !== false && !process.stdout.isTTY) console.log(`Going on from step ${step} (${path})`)
    return { checkpoints, loaded: { path, step, epoch, damaged } }
  } catch (error) {
    checkpoints.close()
    throw error
  }
}

function load(trainer: Trainer, path: string, state: Partial<TrainerStateDict>): void {
  try {
    trainer.load_state_dict(state)
  } catch (cause) {
    if (!is_error(cause)) throw cause
    cause.message = `checkpoint '${path}' does not fit: ${cause.message}`
    throw cause
  }
}
