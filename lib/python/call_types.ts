import type { Labels } from './labels.js'
import type { Kind, Parameter } from './parameters.js'

// The types of calls, inferred from a signature's table.

/** One parameter by its name; several where all are given by keyword only. */
export type Entry = { readonly [name: string]: Parameter<unknown, Kind> }

type TypeOf<P> = P extends Parameter<infer T, Kind> ? T : never
type KindOf<P> = P extends Parameter<unknown, infer K> ? K : never
type NameIn<E> = keyof E & string
type TypeIn<E> = TypeOf<E[keyof E]>
type KindIn<E> = KindOf<E[keyof E]>

type Label<E, T = TypeIn<E>> = NameIn<E> extends keyof Labels<unknown> ? Labels<T>[NameIn<E>] : [T]
/** What stands in a parameter's place before further arguments; undefined leaves the default. */
type Placed<E> = KindIn<E> extends Demanded ? Label<E> : Label<E, TypeIn<E> | undefined>
type Positional = 'required' | 'optional' | 'positional' | 'optional_positional'
type Demanded = 'required' | 'positional'

type NamesOf<E, K extends Kind> = { [N in keyof E]: KindOf<E[N]> extends K ? N : never }[keyof E]
type Merged<T extends readonly Entry[]> = T extends readonly [infer E, ...infer R extends readonly Entry[]]
  ? E & Merged<R>
  : unknown
type Picked<E> = { -readonly [N in NamesOf<E, 'required' | 'required_keyword'>]: TypeOf<E[N]> } & {
  -readonly [N in NamesOf<E, 'optional' | 'keyword'>]?: TypeOf<E[N]> | undefined
}
type RestOf<T extends readonly Entry[]> = T extends readonly [...infer B extends readonly Entry[], infer E]
  ? KindIn<E> extends 'keywords'
    ? TypeIn<E>
    : RestOf<B>
  : unknown

/** What may be given by keyword. */
export type Keywords<T extends readonly Entry[]> = Picked<Merged<T>> & RestOf<T> extends infer O
  ? { [N in keyof O]: O[N] }
  : never

/** All values in the parameters' order. */
export type Values<T extends readonly Entry[]> = T extends readonly [
  infer E,
  ...infer R extends readonly Entry[],
]
  ? keyof E extends infer N
    ? IsUnion<N> extends true
      ? unknown[]
      : [...Label<E>, ...Values<R>]
    : never
  : []

/** All values by name. */
export type Given<T extends readonly Entry[]> =
  Merged<T> extends infer E ? { -readonly [N in keyof E]: TypeOf<E[N]> } : never

type IsUnion<T, U = T> = T extends unknown ? ([U] extends [T] ? false : true) : never

/** The options object that may or must end a call whose remaining parameters are `T`. */
type Options<T extends readonly Entry[]> = keyof Keywords<T> extends never
  ? []
  : Record<never, never> extends Keywords<T>
    ? [options?: Keywords<T>]
    : [options: Keywords<T>]

/** As {@link Options}, never left out: an optional element cannot follow a rest. */
type Full<T extends readonly Entry[]> = keyof Keywords<T> extends never ? [] : [options: Keywords<T>]

/** Arguments by position alone, with a variadic parameter's at the end. */
type InOrder<T extends readonly Entry[]> = T extends readonly [infer E, ...infer R extends readonly Entry[]]
  ? KindIn<E> extends Demanded
    ? [...Label<E>, ...InOrder<R>]
    : KindIn<E> extends Positional
      ? [...Partial<Label<E>>, ...InOrder<R>]
      : KindIn<E> extends 'variadic'
        ? TypeIn<E>
        : []
  : []

/** The parameters that must be given, then those that need not. */
type Split<T extends readonly Entry[], Done extends unknown[] = []> = T extends readonly [
  infer E,
  ...infer R extends readonly Entry[],
]
  ? KindIn<E> extends Demanded
    ? Split<R, [...Done, ...Label<E>]>
    : { first: Done; rest: T }
  : { first: Done; rest: T }

/** The usual form of a call: what must be given by position, all else by keyword. */
export type Usual<T extends readonly Entry[]> =
  Split<T> extends {
    first: infer F extends unknown[]
    rest: infer R extends readonly Entry[]
  }
    ? R extends readonly [infer E, ...infer S extends readonly Entry[]]
      ? KindIn<E> extends 'variadic'
        ? [...F, ...Extract<TypeIn<E>, unknown[]>] | [...F, ...Extract<TypeIn<E>, unknown[]>, ...Full<S>]
        : [...F, ...Options<R>]
      : F
    : never

/** {@link InOrder}, where no keyword must be given. */
type Ordered<T extends readonly Entry[]> = [NamesOf<Merged<T>, 'required_keyword'>] extends [never]
  ? InOrder<T>
  : never

/** Whether nothing can follow by keyword, so that {@link InOrder} has the form already. */
type Short<T extends readonly Entry[]> = Options<T> extends [] ? true : false

/** The other forms: by position alone, and each number of positional arguments with the rest by keyword. */
export type Others<T extends readonly Entry[]> = Ordered<T> | Prefixes<T>

type Prefixes<T extends readonly Entry[], Done extends unknown[] = []> = T extends readonly [
  infer E,
  ...infer R extends readonly Entry[],
]
  ? KindIn<E> extends Positional
    ?
        | (KindIn<E> extends 'required' ? [...Done, options: Keywords<T>] : never)
        | (KindIn<E> extends 'required' | 'positional'
            ? never
            : Short<R> extends true
              ? never
              : [...Done, ...Placed<E>, ...Options<R>])
        | Prefixes<R, [...Done, ...Placed<E>]>
    : never
  : never

/**
 * A method's call as one tuple: what must be given by position, then each value or the keywords in its place. Unlike with
 * overloads, a subclass may override the method with plain parameters.
 */
export type Overridable<T extends readonly Entry[]> = T extends readonly [
  infer E,
  ...infer R extends readonly Entry[],
]
  ? KindIn<E> extends Demanded
    ? [...Label<E>, ...Overridable<R>]
    : KindIn<E> extends Positional
      ? [...Partial<Label<E, TypeIn<E> | Keywords<T>>>, ...Overridable<R>]
      : KindIn<E> extends 'variadic'
        ? Overridable<R>
        : Options<T>
  : []

type Overloads<T extends readonly Entry[], R, Done extends unknown[] = []> = T extends readonly [
  infer E,
  ...infer S extends readonly Entry[],
]
  ? KindIn<E> extends Positional
    ? (KindIn<E> extends 'required' ? (...args: [...Done, options: Keywords<T>]) => R : unknown) &
        (KindIn<E> extends Demanded
          ? unknown
          : Short<S> extends true
            ? unknown
            : (...args: [...Done, ...Placed<E>, ...Options<S>]) => R) &
        Overloads<S, R, [...Done, ...Placed<E>]>
    : unknown
  : unknown

/** A function with these parameters; its overloads end with the usual form, whose errors are the clearest. */
export type Callable<T extends readonly Entry[], R> = (Ordered<T> extends never
  ? unknown
  : (...args: Ordered<T>) => R) &
  Overloads<T, R> &
  ((...args: Usual<T>) => R)
