/** A Python dictionary's class and the kind of its keys, where the JavaScript object does not show them. */
export interface Form {
  readonly kind: 'dict' | 'OrderedDict' | 'Counter'
  /** Kind of the keys that are written as text in JavaScript: `'3'` is 3 among ints. */
  readonly keys: 'int' | 'str'
}

const forms = new WeakMap<object, Form>()

/** Notes a dictionary's form: {@link save} writes it so again. Returns the dictionary. */
export function note_form<T extends object>(dictionary: T, form: Form | undefined): T {
  if (form !== undefined) forms.set(dictionary, form)
  return dictionary
}

/** The form that was noted for a dictionary. */
export function form_of(dictionary: object): Form | undefined {
  return forms.get(dictionary)
}

const INTEGER = /^(?:0|-?[1-9]\d*)$/

/** Whether a property name is an integer as JavaScript writes it, and one that a number holds exactly. */
export function is_integer_name(name: string): boolean {
  return INTEGER.test(name) && Number.isSafeInteger(Number(name))
}

/**
 * Whether the keys of a plain object are ints in Python: where all of them are integers. `{ 0: 'a' }` and `{ '0': 'a' }`
 * are the same object in JavaScript.
 */
export function are_integer_names(names: readonly string[]): boolean {
  return names.length > 0 && names.every(is_integer_name)
}

// What JavaScript puts before all other keys, in ascending order.
const ARRAY_INDEX = /^(?:0|[1-9]\d{0,9})$/
const is_array_index = (name: string) => ARRAY_INDEX.test(name) && Number(name) < 2 ** 32 - 1

/** Whether a plain object lists these keys in this order. */
export function keeps_order(names: readonly string[]): boolean {
  let last = -1
  let others = false
  for (const name of names) {
    if (!is_array_index(name)) others = true
    else if (others || Number(name) < last) return false
    else last = Number(name)
  }
  return true
}
