import { tensor_str } from '../_tensor_str.js'
import { tensor_backward } from '../autograd/backward.js'
import { run_hook } from '../autograd/hooks.js'
import { bind_method } from '../ops/bind.js'
import { tensor_methods } from '../ops/generated/face.js'
import { operator } from '../ops/operator.js'
import { own_value } from '../own.js'
import { methods } from '../python/methods.js'
import { scope_takes } from '../scope.js'
import { install_hook_runner, install_parts, Tensor } from '../tensor.js'
import { async_methods } from './async_methods.js'
import { autograd_methods, install_attributes } from './autograd.js'
import { conversions, install_creation } from './conversions.js'
import { make_tensor } from './create.js'
import { dlpack_methods } from './dlpack_methods.js'
import { functional_methods } from './functional_methods.js'
import { refuse_assignments } from './index_keys.js'
import { at, set_at } from './indexing.js'
import { legacy_attributes, legacy_methods } from './legacy_methods.js'
import { reflected_methods } from './reflected.js'
import { sharing_methods } from './sharing.js'

// Puts Tensor together from the files that import it: the generated methods, then those written by hand.

const define = (name: string, value: unknown): void => {
  Object.defineProperty(Tensor.prototype, name, {
    value,
    writable: true,
    configurable: true,
    enumerable: false,
  })
}

for (const name of Object.keys(tensor_methods))
  define(name, bind_method(name, own_value(tensor_methods, name)!))
for (const [name, value] of Object.entries({
  ...conversions,
  ...autograd_methods,
  ...async_methods,
  ...sharing_methods,
  ...dlpack_methods,
  ...functional_methods,
  ...reflected_methods,
  ...legacy_methods,
  backward: tensor_backward,
}))
  define(name, value)
// Operators whose methods PyTorch writes in Python.
methods(Tensor, {
  split: 'split_size, dim?',
  unflatten: 'dim, sizes',
  stft: 'n_fft, hop_length?, win_length?, window?, center?, pad_mode?, normalized?, onesided?, return_complex?, align_to_window?',
  istft:
    'n_fft, hop_length?, win_length?, window?, center?, normalized?, onesided?, length?, return_complex?',
})
for (const [name, get] of Object.entries(legacy_attributes))
  Object.defineProperty(Tensor.prototype, name, { get, configurable: true, enumerable: false })
install_attributes((name) => operator(`aten::${name}`))
refuse_assignments()
install_parts({
  scope: scope_takes,
  print: tensor_str,
  index: { at, set_at },
})
install_hook_runner(run_hook)
install_creation(make_tensor)
