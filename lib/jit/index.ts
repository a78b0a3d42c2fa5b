// torch.jit: the marks and questions that eager code carries. There is no TorchScript here: models are loaded and saved
// by their state (torch.save, torch.load), and `script` and `trace` are left out.

/** Whether code is being scripted: never. */
export function is_scripting(): boolean {
  return false
}

/** Whether code is being traced: never. */
export function is_tracing(): boolean {
  return false
}

function mark<F extends object>(fn: F): F {
  return fn
}

/** Marks a method as one that TorchScript leaves to Python: the method itself. */
export function ignore<F extends object>(fn: F, _options?: { drop?: boolean }): F {
  return fn
}
/** Marks a method as unused by TorchScript: the method itself. */
export const unused = mark
/** Marks a method as an entry of TorchScript: the method itself. */
export const export_ = mark
export { export_ as export }
/** Marks a function to be scripted where it is traced: the function itself. */
export const script_if_tracing = mark
/** Marks a class as an interface: the class itself. */
export const interface_ = mark
export { interface_ as interface }

/** A value said to be of a type: the value itself. */
export function annotate<T>(_the_type: unknown, the_value: T): T {
  return the_value
}

/** Whether a value is an instance of a class. */
function isinstance(
  value: unknown,
  target:
    | (abstract new (
        ...args: never[]
      ) => unknown)
    | readonly (abstract new (
        ...args: never[]
      ) => unknown)[],
): boolean {
  const classes = Array.isArray(target) ? target : [target]
  return classes.some((found: abstract new (...args: never[]) => unknown) => value instanceof found)
}

export { isinstance }

/** The type of a field that is written once: `declare readonly` says the same in TypeScript. */
export type Final<T> = Readonly<T>
/** Stands where Python writes `torch.jit.Final`: a mark without effect. */
export const Final: unique symbol = Symbol('torch.jit.Final')

/** A value with a type for TorchScript: the value. */
export function Attribute<T>(value: T, _type?: unknown): T {
  return value
}

/** Runs a callback; optimizations are TorchScript's. */
export function optimized_execution<T>(_should_optimize: boolean, callback: () => T): T {
  return callback()
}
/** Runs a callback; fusions are TorchScript's. */
export function fuser<T>(_name: string, callback: () => T): T {
  return callback()
}
