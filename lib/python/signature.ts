import { type_error } from '../errors.js'
import { is_options } from '../ops/keywords.js'
import { own_value, set_own } from '../own.js'
import { Tensor } from '../tensor.js'
import type {
  Callable,
  Entry,
  Given,
  Keywords,
  Mixed,
  Ordered,
  Overridable,
  Usual,
  Values,
} from './call_types.js'
import type { Check, Kind, Parameter } from './parameters.js'
import {
  keyword_object_in_place,
  missing_keywords,
  missing_positionals,
  multiple_values,
  positional_as_keyword,
  too_many_positionals,
  unexpected_keyword,
} from './words.js'

/** One parameter of a {@link Signature}, ready for binding. */
interface Place {
  readonly name: string
  readonly kind: Kind
  readonly fallback: unknown
  readonly check: Check<unknown> | undefined
  readonly takes_objects: boolean
  /** Default arrays are copied at each call, so that a caller may change what it got. */
  readonly copied: boolean
  /** Whether a value may be passed on as it is. */
  readonly accepts: (value: unknown) => boolean
}

/**
 * The parameters of one function, method or class, written once: binds arguments as Python does and throws Python's
 * errors. The types of calls are inferred from the same table.
 *
 * @see signature
 */
export class Signature<T extends readonly Entry[]> {
  /** The parameters' names, in order. */
  readonly names: readonly string[]
  /** How many arguments may be given by position; Infinity with a variadic parameter. */
  readonly most: number
  /** How many arguments must be given by position or by keyword. */
  readonly least: number
  /** @internal */
  readonly places: readonly Place[]
  private readonly by_name: ReadonlyMap<string, number>
  private readonly variadic: number
  private readonly rest_keywords: number
  private readonly needs_keyword: boolean
  /** Whether more than defaults must be filled in. */
  private readonly is_special: boolean

  /**
   * @param name - the callable's name in errors
   * @param table - one entry a parameter
   */
  constructor(
    readonly name: string,
    readonly table: T,
  ) {
    const places = table.flatMap((entry) =>
      Object.entries(entry).map(([parameter, declared]) => place_of(parameter, declared)),
    )
    this.places = places
    this.names = places.map((place) => place.name)
    this.by_name = new Map(places.map((place, i) => [place.name, i]))
    if (this.by_name.size !== places.length) throw new Error(`${name}: two parameters have one name`)
    this.variadic = places.findIndex((place) => place.kind === 'variadic')
    this.rest_keywords = places.findIndex((place) => place.kind === 'keywords')
    const positional = places.filter((place) => is_positional(place.kind))
    if (positional.some((place, i) => place !== places[i]))
      throw new Error(`${name}: positional parameters come first`)
    this.most = this.variadic < 0 ? positional.length : Number.POSITIVE_INFINITY
    this.least = positional.filter((place) => place.kind === 'required' || place.kind === 'positional').length
    this.needs_keyword = places.some((place) => place.kind === 'required_keyword')
    const copies = places.some((place) => place.copied)
    this.is_special = this.variadic >= 0 || this.rest_keywords >= 0 || this.needs_keyword || copies
  }

  /**
   * A call's values in the parameters' order, defaults filled in.
   *
   * @param args - the call's arguments; a trailing plain object holds keywords
   * @param name - the callable's name in errors, for parameters that several classes share. Default: the signature's
   * @throws TypeError with Python's words for arguments that do not fit
   */
  bind(args: readonly unknown[], name: string = this.name): Values<T> {
    const { places, most, least } = this
    const count = args.length
    const total = places.length
    const last = args[count - 1]
    if (
      count < least ||
      count > most ||
      this.is_special ||
      (typeof last === 'object' && last !== null && is_options(last))
    )
      return this.bind_slowly(args, name) as Values<T>
    const values: unknown[] = new Array(total)
    for (let i = 0; i < count; i++) {
      const value = args[i]
      if (value === undefined || (typeof value === 'object' && value !== null && is_options(value)))
        return this.bind_slowly(args, name) as Values<T>
      const { check } = places[i]!
      values[i] = check === undefined ? value : check(value, name, this.names[i]!)
    }
    for (let i = count; i < total; i++) values[i] = places[i]!.fallback
    return values as Values<T>
  }

  /** As {@link bind}, as an object by the parameters' names. */
  take(args: readonly unknown[], name: string = this.name): Given<T> {
    const values = this.bind(args, name) as readonly unknown[]
    const given: Record<string, unknown> = {}
    for (let i = 0; i < values.length; i++) given[this.names[i]!] = values[i]
    return given as Given<T>
  }

  private bind_slowly(args: readonly unknown[], name: string): unknown[] {
    const { places } = this
    let count = args.length
    while (count > 0 && args[count - 1] === undefined) count--
    const last = count > 0 ? args[count - 1] : undefined
    const keywords = is_options(last) && !this.stands_for_itself(count - 1, last) ? last : null
    if (keywords !== null) count--
    if (count > this.most) {
      const optional = this.most - this.least
      const named = keywords === null ? 0 : this.count_keyword_only(keywords)
      throw type_error(too_many_positionals(name, this.least, optional, count, named), name)
    }

    const values: unknown[] = new Array(places.length).fill(undefined)
    const own = this.variadic < 0 ? count : Math.min(count, this.variadic)
    for (let i = 0; i < own; i++) values[i] = args[i]
    if (this.variadic >= 0) values[this.variadic] = args.slice(own, count)
    if (this.rest_keywords >= 0) values[this.rest_keywords] = {}
    if (keywords !== null) this.place_keywords(keywords, values, name)
    this.refuse_missing(values, name)
    for (let i = 0; i < places.length; i++) values[i] = this.settled(i, values[i], name)
    return values
  }

  /** A given value checked, or the default. */
  private settled(i: number, value: unknown, name: string): unknown {
    const { name: argument, kind, fallback, copied, check, takes_objects } = this.places[i]!
    if (value === undefined) return copied ? [...(fallback as unknown[])] : fallback
    if (kind === 'variadic') {
      if (check === undefined) return value
      return (value as unknown[]).map((item) => check(item, name, argument))
    }
    if (check !== undefined) return check(value, name, argument)
    if (!takes_objects && kind !== 'keywords' && is_options(value))
      throw type_error(keyword_object_in_place(name, argument), name)
    return value
  }

  private place_keywords(keywords: Record<string, unknown>, values: unknown[], name: string): void {
    const { places } = this
    for (const keyword of Object.keys(keywords)) {
      const value = keywords[keyword]
      const i = this.by_name.get(keyword)
      const kind = i === undefined ? undefined : places[i]!.kind
      if (i === undefined || kind === 'variadic' || kind === 'keywords') {
        if (this.rest_keywords < 0) throw type_error(unexpected_keyword(name, keyword, this.known()), name)
        set_own(values[this.rest_keywords] as object, keyword, value)
        continue
      }
      if (kind === 'positional' || kind === 'optional_positional')
        throw type_error(positional_as_keyword(name, keyword), name)
      if (value === undefined) continue
      if (values[i] !== undefined) throw type_error(multiple_values(name, keyword), name)
      values[i] = value
    }
  }

  private refuse_missing(values: readonly unknown[], name: string): void {
    const missing = (...kinds: Kind[]) =>
      this.places.flatMap((place, i) =>
        values[i] === undefined && kinds.includes(place.kind) ? [place.name] : [],
      )
    const positional = missing('required', 'positional')
    if (positional.length > 0) throw type_error(missing_positionals(name, positional), name)
    const named = missing('required_keyword')
    if (named.length > 0) throw type_error(missing_keywords(name, named), name)
  }

  /** Whether a trailing plain object is the value of the parameter in whose place it stands. */
  private stands_for_itself(i: number, value: Record<string, unknown>): boolean {
    const place = this.variadic >= 0 && i >= this.variadic ? this.places[this.variadic] : this.places[i]
    if (place === undefined || !place.takes_objects) return false
    const names = Object.keys(value)
    const place_in_list = (name: string) => this.by_name.get(name) ?? -1
    if (place.kind === 'required' || place.kind === 'positional') {
      // Where more must follow, an object that names a parameter holds keywords; else it names this one.
      if (i + 1 < this.least) return !names.some((name) => place_in_list(name) >= i)
      return !(names.includes(place.name) && names.every((name) => place_in_list(name) >= i))
    }
    // An empty object holds no keywords.
    return !names.every((name) => place_in_list(name) >= 0)
  }

  private count_keyword_only(keywords: Record<string, unknown>): number {
    return Object.keys(keywords).filter((keyword) => {
      const kind = this.places[this.by_name.get(keyword) ?? -1]?.kind
      return kind === 'keyword' || kind === 'required_keyword'
    }).length
  }

  private known(): string[] {
    return this.places
      .filter(({ kind }) => kind === 'required' || kind === 'optional' || kind.endsWith('keyword'))
      .map((place) => place.name)
  }
}

function is_positional(kind: Kind): boolean {
  return kind === 'required' || kind === 'optional' || kind === 'positional' || kind === 'optional_positional'
}

function place_of(name: string, declared: Parameter<unknown, Kind>): Place {
  const { kind, fallback, check, takes_objects } = declared
  const accepts = own_value(declared, 'accepts') ?? (check === undefined ? is_simple : never)
  return { name, kind, fallback, check, takes_objects, accepts, copied: Array.isArray(fallback) }
}

const is_simple = (value: unknown) =>
  typeof value === 'object' ? value === null || value instanceof Tensor : value !== undefined

/**
 * Writes down the parameters of a callable, one entry each, in Python's order.
 *
 * @param name - the callable's name in errors
 * @param table - `{ name: required<T>() }`, `{ name: optional(default) }`, …; see parameters.ts
 *
 * @example
 * ```ts
 * const ELU = signature('elu', { input: tensor }, { alpha: optional(1) }, { inplace: optional(false) })
 * ```
 */
export function signature<const T extends readonly Entry[]>(name: string, ...table: T): Signature<T> {
  return new Signature(name, table)
}

/** A run of parameters that several signatures share, or whose types are used by name. */
export function entries<const T extends readonly Entry[]>(...table: T): T {
  return table
}

/**
 * A function of its own arguments in order, callable with Python's positional and keyword arguments.
 *
 * @param parameters - the function's signature
 * @param implementation - takes every parameter's value in order, defaults filled in
 */
export function callable<T extends readonly Entry[], R>(
  parameters: Signature<T>,
  implementation: (...values: Values<T>) => R,
): Callable<T, R> {
  return called(parameters, shortcut(parameters, implementation as Run<R>))
}

/** As {@link callable}, for functions of many parameters: the implementation takes their values by name. */
export function callable_by_name<T extends readonly Entry[], R>(
  parameters: Signature<T>,
  implementation: (given: Given<T>) => R,
): Callable<T, R> {
  return called(parameters, (...args) => implementation(parameters.take(args)))
}

function called<T extends readonly Entry[], R>(parameters: Signature<T>, call: Run<R>): Callable<T, R> {
  Object.defineProperty(call, 'name', { value: parameters.name, configurable: true })
  Object.defineProperty(call, 'length', { value: parameters.least, configurable: true })
  return call as Callable<T, R>
}

type Run<R> = (this: unknown, ...values: readonly unknown[]) => R

/**
 * Binds arguments for a function, whose `this` is the call's. Calls by position whose values need no conversion skip
 * the binding where a function has up to three parameters.
 */
export function shortcut<T extends readonly Entry[], R>(parameters: Signature<T>, run: Run<R>): Run<R> {
  const bound = (self: unknown, args: readonly unknown[]) =>
    run.apply(self, parameters.bind(args) as readonly unknown[] as unknown[])
  const { places, names, most, least } = parameters
  const [
    { accepts: accepts_a = never } = {},
    { accepts: accepts_b = never } = {},
    { accepts: accepts_c = never } = {},
  ] = places
  const [fallback_b, fallback_c] = [places[1]?.fallback, places[2]?.fallback]
  const all_positional = names.length === most && !places.some((place) => place.copied)
  // biome-ignore-start lint/complexity/noArguments: a rest parameter would make an array at every call
  switch (all_positional ? names.length : 4) {
    case 0:
      return function () {
        return arguments.length === 0 ? run.call(this) : bound(this, [...arguments])
      }
    case 1: {
      const fallback = places[0]!.fallback
      return function (a) {
        if (arguments.length === 1 ? accepts_a(a) : arguments.length === 0 && least === 0)
          return run.call(this, arguments.length === 1 ? a : fallback)
        return bound(this, [...arguments])
      }
    }
    case 2:
      return function (a, b) {
        if (arguments.length === 2) {
          if (accepts_a(a) && accepts_b(b)) return run.call(this, a, b)
        } else if (arguments.length === 1 && least < 2 && accepts_a(a)) return run.call(this, a, fallback_b)
        return bound(this, [...arguments])
      }
    case 3:
      return function (a, b, c) {
        if (arguments.length === 3) {
          if (accepts_a(a) && accepts_b(b) && accepts_c(c)) return run.call(this, a, b, c)
        } else if (arguments.length === 2) {
          if (least < 3 && accepts_a(a) && accepts_b(b)) return run.call(this, a, b, fallback_c)
        } else if (arguments.length === 1 && least < 2 && accepts_a(a))
          return run.call(this, a, fallback_b, fallback_c)
        return bound(this, [...arguments])
      }
    default:
      return function (...args) {
        return bound(this, args)
      }
  }
  // biome-ignore-end lint/complexity/noArguments: as above
}

const never = () => false

type TableOf<S> = S extends { readonly table: infer T extends readonly unknown[] } ? T : never

/** The forms of a call other than {@link UsualCall}, for a constructor's or method's first overload. */
export type Call<S> = OrderedCall<S> | MixedCall<S>

/** By position alone. In the package's declarations it is an overload of its own: see scripts/declarations.mjs. */
export type OrderedCall<S> = Ordered<TableOf<S>>

/** Each number of arguments by position, with the rest by keyword. */
export type MixedCall<S> = Mixed<TableOf<S>>

/** A call with what must be given by position and all else by keyword, for the last overload. */
export type UsualCall<S> = Usual<TableOf<S>>

/** A call of a method that subclasses may override with plain parameters: see {@link Overridable}. */
export type AnyCall<S> = Overridable<TableOf<S>>

/** A call's values by name, as {@link Signature.take} gives them. */
export type GivenBy<S> = Given<TableOf<S>>

/** What may be given by keyword. */
export type KeywordsOf<S> = Keywords<TableOf<S>>
