import { type_error, type_name, value_error } from '../errors.js'
import { check_options } from '../python/options.js'

/**
 * What reading one file may take. Defaults grow with what is read of the file, so that honest files of any size pass; a
 * number given here is taken as it is, and `Infinity` is no limit.
 */
export interface LoadLimits {
  /**
   * Bytes of memory made by decompressing, decoding and unpickling. Uncompressed tensors do not count. Default: 128 MiB,
   * and 16 for each compressed byte, 32 for each byte of a pickle, 12 of a header.
   */
  bytes?: number
  /** Values in a pickle or a header. Default: 2²⁰, and 2 for each of its bytes. */
  objects?: number
  /** Containers inside each other. Default: 1000. */
  depth?: number
  /**
   * Records of an archive; tensors in a pickle; chunks and frames of an image. Default: 100,000, and 1 for each 256 bytes of
   * the file.
   */
  records?: number
  /** Width times height of an image. Default: 178,956,970, as Pillow's. */
  pixels?: number
  /** Default: 60, and 1 for each MiB of the file. */
  seconds?: number
}

/** A file's tensors have fewer: it is more than LibTorch's iterators take, and few enough to be looked at for every tensor. */
export const MOST_DIMENSIONS = 1000

const NAMES: readonly (keyof LoadLimits)[] = ['bytes', 'objects', 'depth', 'records', 'pixels', 'seconds']

let defaults: LoadLimits = {}

/**
 * Sets the limits of reading for all files that this thread reads from now on, images and datasets too; a file's own
 * `limits` go before them.
 *
 * @param limits - replaces what was set before; `{}` goes back to the defaults
 * @throws ValueError for a limit that is not positive
 *
 * @example
 * ```ts
 * torch.serialization.set_default_load_limits({ pixels: Infinity, bytes: 8 * 2 ** 30 })
 * torch.serialization.set_default_load_limits({})
 * ```
 */
export function set_default_load_limits(limits: LoadLimits): void {
  defaults = { ...checked('set_default_load_limits', limits) }
}

/** The limits that {@link set_default_load_limits} has set. */
export function get_default_load_limits(): LoadLimits {
  return { ...defaults }
}

/** What a caller gave, over what was set for all; refuses what is no limit. */
export function limits_of(operator: string, given: unknown): LoadLimits {
  return given === null || given === undefined ? defaults : { ...defaults, ...checked(operator, given) }
}

function checked(operator: string, limits: unknown): LoadLimits {
  check_options(operator, limits, NAMES)
  for (const [name, value] of Object.entries(limits as LoadLimits)) {
    if (value !== undefined && typeof value !== 'number')
      throw type_error(`${operator}(): limit '${name}' must be a number, not ${type_name(value)}`, operator)
    if (value !== undefined && !(value > 0))
      throw value_error(`${operator}(): limit '${name}' must be positive, got ${value}`, operator)
  }
  return limits as LoadLimits
}
