import { attribute_error, close_name, type_error, type_name } from '../errors.js'
import { is_built_in, traps } from '../own.js'
import { Tensor } from '../tensor.js'

// `x[0]` reads and `x[0] = value` writes, as in Python. What JavaScript makes a text of between the brackets (a slice, a
// mask, several indices) cannot be told from another text, and is refused: `at` and `set_at` take it.

const PLACE = /^-?\d+$/
const SELECTION =
  /^(?:[-\d\s:,.]+|(?:Parameter containing:\n)?tensor\([\s\S]*|null|true|false|undefined|NaN|-?Infinity)$/

/** Attributes whose misspelt assignment would be passed over in silence; own attributes are allowed as in Python. */
const SETTABLE = ['requires_grad', 'grad_dtype']

function refused(index: string, advice: string): Error {
  const text = index.length > 40 ? `${index.slice(0, 40)}…` : index
  return type_error(`x[${text}]: a Tensor takes only whole numbers between brackets; use ${advice}`)
}

Object.setPrototypeOf(
  Tensor.prototype,
  new Proxy(
    Object.create(Object.prototype) as object,
    traps({
      get(target, name, receiver) {
        if (typeof name === 'string' && !is_built_in(name) && receiver instanceof Tensor) {
          if (PLACE.test(name)) return receiver.at(Number(name))
          if (SELECTION.test(name)) throw refused(name, 'x.at(…)')
        }
        return Reflect.get(target, name, receiver) as unknown
      },
      set(target, name, value, receiver) {
        if (typeof name === 'string' && !is_built_in(name) && receiver instanceof Tensor) {
          if (PLACE.test(name)) {
            receiver.set_at(Number(name), value as Tensor)
            return true
          }
          if (SELECTION.test(name)) throw refused(name, 'x.set_at(…, value)')
          const meant = close_name(name, SETTABLE)
          if (meant !== undefined)
            throw attribute_error(`'Tensor' object has no attribute '${name}'. Did you mean: '${meant}'?`)
        }
        return Reflect.set(target, name, value, receiver)
      },
    }),
  ),
)

/** Gives the attributes that cannot be assigned a setter that says so, also outside strict mode. */
export function refuse_assignments(): void {
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(Tensor.prototype))) {
    if (property.get === undefined || property.set !== undefined) continue
    Object.defineProperty(Tensor.prototype, name, {
      ...property,
      set() {
        throw attribute_error(`attribute '${name}' of 'torch._C.TensorBase' objects is not writable`)
      },
    })
  }
}

/** What `x.real = value` and `x.imag = value` say of something else than a number or a Tensor. */
export function cannot_assign(value: unknown, self: Tensor): Error {
  return type_error(`can't assign a ${type_name(value)} to a ${self.type()}`)
}
