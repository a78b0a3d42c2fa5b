import type { Labels } from './labels.js'
import type { Kind, Parameter } from './parameters.js'

// The types of calls, inferred from a signature's table.

/** One parameter by its name; several where all are given by keyword only. */
export type Entry = { readonly [name: string]: Parameter<unknown, Kind> }

/** A table of {@link Entry entries}: comparing each list with that type would take the compiler longer than all else. */
type List = readonly unknown[]

type TypeOf<P> = P extends Parameter<infer T, Kind> ? T : never
type KindOf<P> = P extends Parameter<unknown, infer K> ? K : never
type NameIn<E> = keyof E & string
type TypeIn<E> = TypeOf<E[keyof E]>
type KindIn<E> = KindOf<E[keyof E]>

// Not by `keyof Labels`: the compiler would make a union of hundreds of names, and put a call's keywords in their order.
type Label<E, T = TypeIn<E>> =
  Labels<T> extends Readonly<Record<NameIn<E>, infer L extends unknown[]>> ? L : [T]
/** What stands in a parameter's place before further arguments; undefined leaves the default. */
type Placed<E> = KindIn<E> extends Demanded ? Label<E> : Label<E, TypeIn<E> | undefined>
type Positional = 'required' | 'optional' | 'positional' | 'optional_positional'
type Demanded = 'required' | 'positional'

type NamesOf<E, K extends Kind> = { [N in keyof E]: KindOf<E[N]> extends K ? N : never }[keyof E]
type Merged<T extends List> = T extends readonly [infer E, ...infer R extends List] ? E & Merged<R> : unknown
type Picked<E> = { -readonly [N in NamesOf<E, 'required' | 'required_keyword'>]: TypeOf<E[N]> } & {
  -readonly [N in NamesOf<E, 'optional' | 'keyword'>]?: TypeOf<E[N]> | undefined
}
type RestOf<T extends List> = T extends readonly [...infer B extends List, infer E]
  ? KindIn<E> extends 'keywords'
    ? TypeIn<E>
    : RestOf<B>
  : unknown

/** What may be given by keyword. */
export type Keywords<T extends List> = Picked<Merged<T>> & RestOf<T> extends infer O
  ? { [N in keyof O]: O[N] }
  : never

/** All values in the parameters' order. */
export type Values<T extends List> = T extends readonly [infer E, ...infer R extends List]
  ? keyof E extends infer N
    ? IsUnion<N> extends true
      ? unknown[]
      : [...Label<E>, ...Values<R>]
    : never
  : []

/** All values by name. */
export type Given<T extends List> =
  Merged<T> extends infer E ? { -readonly [N in keyof E]: TypeOf<E[N]> } : never

type IsUnion<T, U = T> = T extends unknown ? ([U] extends [T] ? false : true) : never

/** The options object that may or must end a call whose remaining parameters are `T`. */
type Options<T extends List> = keyof Keywords<T> extends never
  ? []
  : Record<never, never> extends Keywords<T>
    ? [options?: Keywords<T>]
    : [options: Keywords<T>]

/** As {@link Options}, never left out: an optional element cannot follow a rest. */
type Full<T extends List> = keyof Keywords<T> extends never ? [] : [options: Keywords<T>]

/** Arguments by position alone, with a variadic parameter's at the end. */
type InOrder<T extends List> = T extends readonly [infer E, ...infer R extends List]
  ? KindIn<E> extends Demanded
    ? [...Label<E>, ...InOrder<R>]
    : KindIn<E> extends Positional
      ? [...Partial<Label<E>>, ...InOrder<R>]
      : KindIn<E> extends 'variadic'
        ? TypeIn<E>
        : []
  : []

/** The parameters that must be given, then those that need not. */
type Split<T extends List, Done extends unknown[] = []> = T extends readonly [
  infer E,
  ...infer R extends List,
]
  ? KindIn<E> extends Demanded
    ? Split<R, [...Done, ...Label<E>]>
    : { first: Done; rest: T }
  : { first: Done; rest: T }

/** The usual form of a call: what must be given by position, all else by keyword. */
export type Usual<T extends List> =
  Split<T> extends {
    first: infer F extends unknown[]
    rest: infer R extends List
  }
    ? R extends readonly [infer E, ...infer S extends List]
      ? KindIn<E> extends 'variadic'
        ? [...F, ...Extract<TypeIn<E>, unknown[]>] | [...F, ...Extract<TypeIn<E>, unknown[]>, ...Full<S>]
        : [...F, ...Options<R>]
      : F
    : never

/** {@link InOrder}, where no keyword must be given. */
export type Ordered<T extends List> = [NamesOf<Merged<T>, 'required_keyword'>] extends [never]
  ? InOrder<T>
  : never

/** Whether nothing can follow by keyword, so that {@link InOrder} has the form already. */
type Short<T extends List> = Options<T> extends [] ? true : false

/** The forms other than the usual one. */
export type Others<T extends List> = Ordered<T> | Mixed<T>

/** Each number of positional arguments with the rest by keyword. */
export type Mixed<T extends List, Done extends unknown[] = []> = T extends readonly [
  infer E,
  ...infer R extends List,
]
  ? KindIn<E> extends Positional
    ?
        | (KindIn<E> extends 'required' ? [...Done, options: Keywords<T>] : never)
        | (KindIn<E> extends 'required' | 'positional'
            ? never
            : Short<R> extends true
              ? never
              : [...Done, ...Placed<E>, ...Options<R>])
        | Mixed<R, [...Done, ...Placed<E>]>
    : never
  : never

/**
 * A method's call as one tuple: what must be given by position, then each value or the keywords in its place. Unlike with
 * overloads, a subclass may override the method with plain parameters.
 */
export type Overridable<T extends List> = T extends readonly [infer E, ...infer R extends List]
  ? KindIn<E> extends Demanded
    ? [...Label<E>, ...Overridable<R>]
    : KindIn<E> extends Positional
      ? [...Partial<Label<E, TypeIn<E> | Keywords<T>>>, ...Overridable<R>]
      : KindIn<E> extends 'variadic'
        ? Overridable<R>
        : Options<T>
  : []

type Overloads<T extends List, R, Done extends unknown[] = []> = T extends readonly [
  infer E,
  ...infer S extends List,
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
export type Callable<T extends List, R> = (Ordered<T> extends never ? unknown : (...args: Ordered<T>) => R) &
  Overloads<T, R> &
  ((...args: Usual<T>) => R)
