import { attribute_error, close_name } from '../errors.js'
import { traps } from '../own.js'

const library_classes = new WeakSet<object>()

/** Notes the library's own classes: an object of one has no fields but those that the library gives it. */
export function note_classes(exports: Iterable<unknown>): void {
  for (const found of exports)
    if (typeof found === 'function' && found.prototype !== undefined) library_classes.add(found.prototype)
}

/**
 * Has a class's objects refuse a new field that does nothing where it was meant for something: `optimizer.lr = 0.1`. A
 * Proxy at the end of the prototypes sees assignments to fields that an object does not have, and nothing else; objects of a
 * program's own classes have what fields they like.
 *
 * @param names - names that a new field may be meant for
 * @param advice - what to do instead
 */
export function guard_new_fields<T extends object>(
  prototype: T,
  names: (object: T) => Iterable<string>,
  advice: (name: string) => string,
): void {
  Object.setPrototypeOf(
    prototype,
    new Proxy(
      Object.create(Object.prototype) as object,
      traps({
        set(target, name, value, receiver) {
          if (typeof name === 'string' && library_classes.has(Object.getPrototypeOf(receiver))) {
            const known = [...names(receiver as T)]
            const meant = known.includes(name) ? name : close_name(name, known)
            if (meant !== undefined)
              throw attribute_error(
                `'${receiver.constructor.name}' object has no attribute '${name}': ${advice(meant)}`,
              )
          }
          return Reflect.set(target, name, value, receiver)
        },
      }),
    ),
  )
}
