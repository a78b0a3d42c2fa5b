import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { closest_name, key_error, runtime_error, type_error, type_name, value_error } from '../../errors.js'
import type { Module } from '../../nn/modules/module.js'
import type { StateDictLike } from '../../nn/modules/state_dict.js'
import { own, own_value } from '../../own.js'
import { check_options } from '../../python/options.js'
import { load } from '../../serialization.js'
import { type ClassificationPreset, image_classification } from './preset.js'

/** Trained weights that torchvision has: the file's name, how images are prepared for them, how many classes they tell. */
export interface Weights {
  /** Its enumeration's and its own name: `'ResNet18_Weights.IMAGENET1K_V1'`. */
  readonly name: string
  /** The file's name among PyTorch's hub checkpoints. */
  readonly file: string
  readonly num_classes: number
  /** What makes of an image the model's input. */
  transforms(): ClassificationPreset
}

/** The weights that a model may start from, `DEFAULT` the best of them. */
export type WeightsEnum = Readonly<Record<'IMAGENET1K_V1' | 'DEFAULT', Weights>>

const enum_names = new WeakMap<object, string>()

function named_weights<T extends object>(name: string, entries: T): Readonly<T> {
  enum_names.set(entries, name)
  return Object.freeze(entries)
}

function imagenet_weights(name: string, file: string, resize_size: number): Weights {
  return Object.freeze({
    name,
    file,
    num_classes: 1000,
    transforms: () => image_classification({ resize_size }),
  })
}

/** A model's weights of ImageNet's thousand classes, of which there is one set. */
export function one_set(name: string, file: string): WeightsEnum {
  const first = imagenet_weights(`${name}.IMAGENET1K_V1`, file, 256)
  return named_weights(name, { IMAGENET1K_V1: first, DEFAULT: first })
}

/** A model's weights of ImageNet's thousand classes, of which there are two sets; the second is the better. */
export function two_sets(
  name: string,
  first_file: string,
  second_file: string,
): WeightsEnum & { readonly IMAGENET1K_V2: Weights } {
  const second = imagenet_weights(`${name}.IMAGENET1K_V2`, second_file, 232)
  return named_weights(name, {
    IMAGENET1K_V1: imagenet_weights(`${name}.IMAGENET1K_V1`, first_file, 256),
    IMAGENET1K_V2: second,
    DEFAULT: second,
  })
}

/** Where PyTorch keeps what it has downloaded: `$TORCH_HOME`, `$XDG_CACHE_HOME/torch` or `~/.cache/torch`. */
function checkpoints(): string {
  const [TORCH_HOME, XDG_CACHE_HOME] = [
    own_value(process.env, 'TORCH_HOME'),
    own_value(process.env, 'XDG_CACHE_HOME'),
  ]
  return join(TORCH_HOME ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'torch'), 'hub', 'checkpoints')
}

/** What a model may start from: torchvision's weights, or their name as in `'DEFAULT'`; a state; or nothing. */
export type WeightsLike = Weights | string | StateDictLike | null

const is_weights = (value: object): value is Weights => typeof (value as Weights).transforms === 'function'

function weights_named(model: string, given: string, known: WeightsEnum): Weights {
  const prefix = `${enum_names.get(known)}.`
  const name = given.startsWith(prefix) ? given.slice(prefix.length) : given
  if (Object.hasOwn(known, name)) return known[name as 'DEFAULT']
  const names = Object.keys(known)
  const closest = closest_name(name, names)
  throw key_error(
    `'${given}': the weights of ${model} are ${names.map((one) => `'${one}'`).join(', ')}` +
      (closest === undefined ? '' : `; did you mean '${closest}'?`),
  )
}

function weights_of(model: string, given: unknown, known: WeightsEnum): Weights | StateDictLike | null {
  if (given === null || given === undefined) return null
  if (typeof given === 'string') return weights_named(model, given, known)
  if (typeof given !== 'object')
    throw type_error(
      `${model}(): argument 'weights' must be one of ${enum_names.get(known)}, its name, a state dict or null, not ${type_name(given)}`,
    )
  if (is_weights(given) && !Object.values(known).includes(given))
    throw type_error(
      `Invalid Weight class provided; expected ${enum_names.get(known)} but received ${String(given.name ?? type_name(given))}.`,
    )
  return given as Weights | StateDictLike
}

/** The state that weights are: found before a model is made for it. */
function state_of(name: string, weights: Weights | StateDictLike): () => StateDictLike {
  if (!is_weights(weights)) return () => weights
  const path = join(checkpoints(), weights.file)
  if (!existsSync(path))
    throw runtime_error(
      `${weights.file} is not in ${checkpoints()}, and nothing is downloaded: put torchvision's file there (Python's ` +
        `torchvision.models.${name}(weights='${weights.name.split('.')[1]}') does so, and TORCH_HOME says where), or give a ` +
        "state dict as 'weights'",
    )
  return () => load(path) as StateDictLike
}

/**
 * Makes a model of its options, and loads what it starts from.
 *
 * @param name - what errors call it
 * @param known - torchvision's weights of it
 * @param names - the options that it has beside `weights`
 * @param options - as they were given; `progress`, of downloads in Python, is taken
 * @param make - makes it of the options and the number of classes of the weights
 * @throws TypeError for an unknown option or weights of another model, KeyError for an unknown name of weights, ValueError for
 *   another number of classes than the weights', RuntimeError where their file is not there
 */
export function make_model<M extends Module, O extends { num_classes?: number; weights?: WeightsLike }>(
  name: string,
  known: WeightsEnum,
  names: readonly (keyof O & string)[],
  options: O,
  make: (options: O, starts_trained: boolean) => M,
): M {
  check_options(name, options, ['weights', 'progress', ...names])
  const { weights: given, progress: _, ...rest } = own(options as O & { progress?: boolean })
  const weights = weights_of(name, given, known)
  if (weights !== null && is_weights(weights)) {
    const { num_classes = weights.num_classes } = own(rest)
    if (num_classes !== weights.num_classes)
      throw value_error(
        `The parameter 'num_classes' expected value ${weights.num_classes} but got ${num_classes} instead.`,
      )
  }
  const state = weights === null ? null : state_of(name, weights)
  const model = make(rest as O, weights !== null)
  if (state !== null) model.load_state_dict(state())
  return model
}
