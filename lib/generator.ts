import { type DeviceLike, device } from './device.js'
import { type_error, type_name } from './errors.js'
import { IDENTITY, next_identity } from './identity.js'
import { native } from './native.js'
import { lower_device } from './ops/lower.js'
import { LOWERED } from './ops/lowered.js'
import { has_own, own_value } from './own.js'
import { handle_of, type Tensor, wrap } from './tensor.js'
import { not_json, uncloneable } from './uncloneable.js'

const NOT_CLONED = uncloneable('Generator: send its get_state(); a Generator')
const forgotten = new FinalizationRegistry<number>((handle) => native.free_generator(handle))

/** The generator's place in the addon; the default one's is 0. */
const place_of = (generator: Generator): number => generator[LOWERED] ?? 0

/** An argument `seed` of `manual_seed`. */
export function expect_seed(seed: unknown): number | bigint {
  if (typeof seed === 'bigint' || Number.isInteger(seed)) return seed as number | bigint
  throw type_error(`manual_seed(): argument 'seed' must be int, not ${type_name(seed)}`, 'manual_seed')
}

/**
 * A stream of pseudo-random numbers, as `torch.Generator`: the same seed gives Python's numbers.
 *
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * const generator = new torch.Generator().manual_seed(0)
 * torch.randn(2, { generator })
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.Generator.html
 */
export class Generator {
  /** @internal */
  readonly _uncloneable: symbol = NOT_CLONED

  /** Refuses `JSON.stringify`. */
  toJSON(): never {
    throw not_json(this, 'use its get_state() or initial_seed()')
  }

  readonly [IDENTITY]: string = next_identity()
  /** Null for the default generator, which operators take where they are given none. */
  readonly [LOWERED]: number | null

  /** @param where the device that the numbers are drawn on (default `'cpu'`) */
  constructor(where: DeviceLike | { device?: DeviceLike } = 'cpu') {
    const text =
      typeof where === 'object' && has_own(where, 'device')
        ? (own_value(where, 'device') ?? 'cpu')
        : (where as DeviceLike)
    const handle = native.make_generator(lower_device(text))
    this[LOWERED] = handle
    forgotten.register(this, handle)
  }

  get device() {
    return device(native.generator_device(place_of(this)))
  }

  /** Starts the stream anew from a seed of 64 bits; returns the generator. */
  manual_seed(seed: number | bigint): this {
    native.generator_manual_seed(place_of(this), expect_seed(seed))
    return this
  }

  /** Seeds from the system's entropy and returns the seed. */
  seed(): bigint {
    return native.generator_seed(place_of(this))
  }

  initial_seed(): bigint {
    return native.generator_initial_seed(place_of(this))
  }

  /** The whole state, as a ByteTensor. */
  get_state(): Tensor {
    return wrap(native.generator_get_state(place_of(this)))
  }

  set_state(state: Tensor): void {
    native.generator_set_state(place_of(this), handle_of(state))
  }

  /** Goes on where another generator is; both are on the CPU. @internal */
  copy_from(other: Generator): void {
    native.generator_copy(place_of(other), place_of(this))
  }

  /** A generator of its own in the same state. */
  clone_state(): Generator {
    const copy = new Generator(this.device)
    copy.set_state(this.get_state())
    return copy
  }
}

/** The CPU's default generator: what `torch.manual_seed` seeds. */
export const default_generator: Generator = Object.create(Generator.prototype, {
  [LOWERED]: { value: null },
  _uncloneable: { value: NOT_CLONED, enumerable: true },
  [IDENTITY]: { value: next_identity(), enumerable: true },
}) as Generator

/** A device's default generator: what operators on it draw from. @internal */
export function device_generator(where: string): Generator {
  const handle = native.default_generator(where)
  const generator = Object.create(Generator.prototype, {
    [LOWERED]: { value: handle },
    _uncloneable: { value: NOT_CLONED, enumerable: true },
    [IDENTITY]: { value: next_identity(), enumerable: true },
  }) as Generator
  forgotten.register(generator, handle)
  return generator
}
