import type { Checkpoints } from './checkpoints/checkpoints.js'
import type { StepResult } from './optimization.js'
import type { Batches } from './place.js'
import type { Progress } from './progress.js'
import type { History } from './reading.js'
import type { Trainer } from './trainer.js'

/** Computes the loss of a batch. What it does with the Trainer is its own business. */
export type TrainingStep<Batch> = (batch: Batch, trainer: Trainer) => StepResult | Promise<StepResult>

/** Options of {@link Trainer.fit}. */
export interface FitOptions<Batch = unknown> {
  /** Stops training after the step under way, as {@link Trainer.stop} does. */
  signal?: AbortSignal
  /** What is validated on, after each epoch or every `validate_every` steps; with the averages, where there is an EMA. */
  validation?: Batches<Batch>
  /** The loss of a batch of it. Default: the training's step, without gradients. */
  validation_step?: TrainingStep<Batch>
}

/** What `fit` was called with, and what comes of it. */
export interface Run<Batch> {
  data: Batches<Batch>
  /** The step, given this Trainer. */
  run_step: (batch: Batch) => unknown
  validation: Batches<Batch> | undefined
  validation_step: TrainingStep<Batch>
  history: History
  shown: Progress | undefined
  checkpoints: Checkpoints | undefined
}
