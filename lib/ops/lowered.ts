/** Under this key an object keeps what the addon is given in its place (a dtype its number, a device its text). */
export const LOWERED: unique symbol = Symbol('typetorch.lowered')

/** An object that knows how it crosses into the addon. */
export interface Lowered {
  readonly [LOWERED]: unknown
}
