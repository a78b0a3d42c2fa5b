import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { runtime_error } from '../../errors.js'
import type { Module } from '../../nn/modules/module.js'
import type { StateDictLike } from '../../nn/modules/state_dict.js'
import { load } from '../../serialization.js'
import { type ClassificationPreset, image_classification } from './preset.js'

/** Trained weights that torchvision has: the file's name, how images are prepared for them, how many classes they tell. */
export interface Weights {
  /** The file's name among PyTorch's hub checkpoints. */
  readonly file: string
  readonly num_classes: number
  /** What makes of an image the model's input. */
  transforms(): ClassificationPreset
}

/** Weights of ImageNet's thousand classes. */
export function imagenet_weights(file: string, resize_size = 256): Weights {
  return Object.freeze({ file, num_classes: 1000, transforms: () => image_classification({ resize_size }) })
}

/** Where PyTorch keeps what it has downloaded: `$TORCH_HOME`, `$XDG_CACHE_HOME/torch` or `~/.cache/torch`. */
function checkpoints(): string {
  const { TORCH_HOME, XDG_CACHE_HOME } = process.env
  return join(TORCH_HOME ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'torch'), 'hub', 'checkpoints')
}

/** What a model may start from: torchvision's weights, a state, or nothing. */
export type WeightsLike = Weights | StateDictLike | null

const is_weights = (value: object): value is Weights => typeof (value as Weights).transforms === 'function'

/** The number of classes that weights tell; nothing where they are a state or none. */
export function classes_of(weights: WeightsLike): { num_classes?: number } {
  return weights !== null && is_weights(weights) ? { num_classes: weights.num_classes } : {}
}

/**
 * Loads weights into a model.
 *
 * @throws RuntimeError where the file is not among PyTorch's hub checkpoints: nothing is downloaded
 */
export function load_weights<M extends Module>(model: M, weights: WeightsLike): M {
  if (weights === null) return model
  if (!is_weights(weights)) {
    model.load_state_dict(weights)
    return model
  }
  const path = join(checkpoints(), weights.file)
  if (!existsSync(path))
    throw runtime_error(
      `${weights.file} is not in ${checkpoints()}, and nothing is downloaded: put torchvision's file there (Python's ` +
        "torchvision does so when it makes this model with these weights), or give a state dict as 'weights'",
    )
  model.load_state_dict(load(path) as StateDictLike)
  return model
}
