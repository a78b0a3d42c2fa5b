import { runtime_error } from '../../errors.js'
import { own_value } from '../../own.js'
import type { CheckpointEvent } from '../callback.js'
import type { CheckpointOptions } from '../options.js'
import type { TrainerStateDict } from '../state.js'
import { best_of, CheckpointFolder, type LoadedCheckpoint } from './folder.js'

function moment_of(at: { step: number; epoch: number; place?: { batch: number } }): string {
  return `${at.step} ${at.epoch} ${own_value(at, 'place')?.batch}`
}

/** The checkpoints of one `fit`: when one is due, and what training goes on from. */
export class Checkpoints {
  readonly #folder: CheckpointFolder
  #saved_at = performance.now()
  #saved_state = ''

  constructor(readonly options: CheckpointOptions) {
    this.#folder = new CheckpointFolder(options.folder, options)
  }

  /**
   * Takes the folder, and gives the newest checkpoint for a Trainer that has done nothing yet.
   *
   * @param step - how many steps the Trainer has done
   */
  async open(step: number): Promise<LoadedCheckpoint | null> {
    const { folder, resume = true } = this.options
    this.#folder.open()
    const newest = this.#folder.entries.at(-1)
    if (newest === undefined) return null
    if (!resume)
      throw runtime_error(
        `Trainer: '${folder}' holds checkpoints up to step ${newest.step}; go on from them with resume: true, or take another folder`,
      )
    if (step === 0) {
      const found = await this.#folder.newest()
      if (found !== null) this.#saved_state = moment_of(found.state)
      return found
    }
    if (newest.step > step)
      throw runtime_error(
        `Trainer: '${folder}' holds checkpoints up to step ${newest.step}, and this Trainer is at step ${step}; take another folder`,
      )
    return null
  }

  close(): void {
    this.#folder.close()
  }

  /** Whether fresh metrics are among the best that are kept. */
  #is_best(metrics: Readonly<Record<string, number>>): boolean {
    const { best_by, keep_best = 1, mode = 'min' } = this.options
    if (best_by === undefined) return false
    const value = own_value(metrics, best_by)
    if (value === undefined || !Number.isFinite(value)) return false
    const last = own_value(best_of(this.#folder.entries, best_by, mode)[keep_best - 1]?.metrics, best_by)
    return typeof last !== 'number' || (mode === 'min' ? value < last : value > last)
  }

  #is_late(): boolean {
    const { every_seconds } = this.options
    return every_seconds !== undefined && performance.now() - this.#saved_at >= every_seconds * 1000
  }

  due_after_step(step: number, metrics: Readonly<Record<string, number>>): boolean {
    const { every_steps } = this.options
    return (
      (every_steps !== undefined && step % every_steps === 0) || this.#is_late() || this.#is_best(metrics)
    )
  }

  due_after_epoch(epoch: number, metrics: Readonly<Record<string, number>>): boolean {
    const { every_steps, every_seconds } = this.options
    const { every_epochs = every_steps === undefined && every_seconds === undefined ? 1 : 0 } = this.options
    return (every_epochs > 0 && epoch % every_epochs === 0) || this.#is_late() || this.#is_best(metrics)
  }

  /** Saves the state, unless the last one saved was of the same moment. */
  async save(
    state: () => TrainerStateDict,
    metrics: Readonly<Record<string, number>>,
    moment: { step: number; epoch: number; batch: number },
  ): Promise<CheckpointEvent | null> {
    const key = moment_of({ ...moment, place: moment })
    if (key === this.#saved_state) return null
    const { path } = await this.#folder.save(state(), metrics)
    this.#saved_state = key
    this.#saved_at = performance.now()
    return { path, step: moment.step, epoch: moment.epoch, damaged: [] }
  }
}
