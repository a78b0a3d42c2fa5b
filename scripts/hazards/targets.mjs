import * as torch from 'typetorch'
import { native } from '../../dist/native.js'

const overloads = new Map()
for (const full of native.operator_names()) {
  if (!full.startsWith('aten::')) continue
  const name = full.slice(6).split('.')[0]
  overloads.set(name, [...(overloads.get(name) ?? []), full])
}

// These wait for input, end the process or never return by what they are for.
const left_out = new Set(['torch.while_loop'])

function schemas_of(name, method) {
  const found = (overloads.get(name) ?? []).map((full) => {
    const [base, overload = ''] = full.split('.')
    return native.schema(base, overload).parameters
  })
  return method ? found.filter((parameters) => parameters[0]?.kind === 'Tensor') : found
}

const is_public = (name) => !name.startsWith('_') && name !== 'constructor'
const is_class = (value) => /^class\b/.test(Function.prototype.toString.call(value))

function functions_in(path, holder, prefix = '') {
  return Object.keys(holder)
    .filter((name) => is_public(name) && typeof holder[name] === 'function')
    .filter((name) => !left_out.has(`${path}.${name}`))
    .map((name) => ({
      path: `${path}.${name}`,
      kind: is_class(holder[name]) ? 'class' : 'function',
      length: holder[name].length,
      schemas: schemas_of(prefix + name, false),
    }))
}

function methods() {
  const names = Object.getOwnPropertyNames(torch.Tensor.prototype).filter(is_public)
  return names.map((name) => {
    const { value, set } = Object.getOwnPropertyDescriptor(torch.Tensor.prototype, name)
    return {
      path: name,
      kind: typeof value === 'function' ? 'method' : set === undefined ? 'property' : 'setter',
      length: value?.length ?? 0,
      schemas: schemas_of(name, true).map((parameters) => parameters.slice(1)),
    }
  })
}

/** Every public name that is called: of torch, torch.nn.functional, torch.linalg, torch.fft, torch.special and Tensor. */
export const targets = [
  ...functions_in('torch', torch),
  ...functions_in('torch.nn.functional', torch.nn.functional),
  ...functions_in('torch.linalg', torch.linalg, 'linalg_'),
  ...functions_in('torch.fft', torch.fft, 'fft_'),
  ...functions_in('torch.special', torch.special, 'special_'),
  ...methods(),
]
