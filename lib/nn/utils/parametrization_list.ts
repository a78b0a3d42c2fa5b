import { without_grad } from '../../autograd/grad_mode.js'
import { NotImplementedError, runtime_error, value_error } from '../../errors.js'
import { ops as dispatcher } from '../../ops/operator.js'
import { member } from '../../own.js'
import { methods } from '../../python/methods.js'
import { optional, required, tensor } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import { Tensor } from '../../tensor.js'
import { fields_of } from '../modules/internals.js'
import type { Module } from '../modules/module.js'
import { ModuleList } from '../modules/module_list.js'
import { type_name } from '../modules/registration.js'
import { Parameter } from '../parameter.js'
import { py_size } from '../repr.js'

/** A module that computes a tensor from one or several; `right_inverse` gives back what computes a tensor. */
export type Parametrization = Module &
  ((...originals: never[]) => Tensor) & {
    right_inverse?(value: Tensor): Tensor | readonly Tensor[]
  }

type Step = ((...originals: unknown[]) => Tensor) & {
  right_inverse?(value: unknown): unknown
}

/** Registers a tensor as what it is. */
export function register_tensor(module: Module, name: string, tensor: Tensor): void {
  if (tensor instanceof Parameter) module.register_parameter(name, tensor)
  else module.register_buffer(name, tensor)
}

/** Gives a tensor the values, and the memory, of another. */
export function put_tensor(target: Tensor, source: Tensor): void {
  dispatcher['aten']!['set_']!['source_Tensor']!(target, source)
}

function same_facts(after: Tensor, original: Tensor): void {
  for (const [name, of_original, of_after] of [
    ['dtype', original.dtype, after.dtype],
    ['device', original.device, after.device],
  ] as const)
    if (String(of_original) !== String(of_after))
      throw value_error(
        `When \`right_inverse\` outputs one tensor, it may not change the ${name}.\noriginal.${name}: ${of_original}\n` +
          `right_inverse(original).${name}: ${of_after}`,
      )
}

const LIST = signature(
  'ParametrizationList',
  { modules: required<readonly Parametrization[]>() },
  { original: tensor },
  { unsafe: optional(false) },
)

/**
 * What computes one tensor of a parametrized module: its parametrizations one after another, and the original tensors.
 *
 * @see torch/nn/utils/parametrize.py
 */
export class ParametrizationList extends ModuleList<Module> {
  declare unsafe: boolean
  /** Whether there is one original tensor, and no sequence of them. */
  declare is_tensor: boolean
  declare ntensors: number

  constructor(...args: Call<typeof LIST>)
  constructor(...args: UsualCall<typeof LIST>)
  constructor(...args: unknown[]) {
    const { modules, original, unsafe } = LIST.take(args)
    if (modules.length === 0) throw value_error('ParametrizationList requires one or more modules.')
    super(modules as readonly Module[])
    this.unsafe = unsafe
    const [shape, dtype] = [original.shape, original.dtype]
    const given = without_grad(() => this._first_original(original))
    this.is_tensor = given instanceof Tensor
    this.ntensors = given instanceof Tensor ? 1 : given.length
    if (given instanceof Tensor) {
      same_facts(given, original)
      without_grad(() => put_tensor(original, given))
      register_tensor(this, 'original', original)
    } else {
      for (const [i, one] of given.entries()) this._register_one(i, one, original)
    }
    if (!unsafe) this._check(shape, dtype)
  }

  private get _steps(): Step[] {
    return [...this] as unknown as Step[]
  }

  private _first_original(original: Tensor): Tensor | readonly unknown[] {
    let value: unknown = original
    for (const step of this._steps.reverse()) {
      if (member(step, 'right_inverse') === undefined) continue
      try {
        value = step.right_inverse!(value)
      } catch (error) {
        if (!(error instanceof NotImplementedError)) throw error
      }
    }
    if (value instanceof Tensor || Array.isArray(value)) return value
    throw value_error(
      `'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got ${type_name(value)}`,
    )
  }

  private _register_one(place: number, given: unknown, original: Tensor): void {
    if (!(given instanceof Tensor))
      throw value_error(
        "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). " +
          `Got element ${place} of the sequence with type ${type_name(given)}.`,
      )
    const tensor =
      original instanceof Parameter ? new Parameter(given.detach(), original.requires_grad) : given
    tensor.requires_grad_(original.requires_grad)
    register_tensor(this, `original${place}`, tensor)
  }

  private _check(shape: readonly number[], dtype: Tensor['dtype']): void {
    const made: unknown = this.forward()
    if (!(made instanceof Tensor))
      throw value_error(`A parametrization must return a tensor. Got ${type_name(made)}.`)
    const may_not = (what: string) =>
      `Registering a parametrization may not change the ${what} of the tensor, unless \`unsafe\` flag is enabled.\n`
    if (made.dtype !== dtype)
      throw value_error(
        `${may_not('dtype')}unparametrized dtype: ${dtype}\nparametrized dtype: ${made.dtype}`,
      )
    if (String(made.shape) !== String(shape))
      throw value_error(
        `${may_not('shape')}unparametrized shape: ${py_size(shape)}\nparametrized shape: ${py_size(made.shape)}`,
      )
  }

  /** Sets the originals so that they give a tensor. */
  right_inverse(given: Tensor): void {
    without_grad(() => {
      let value: unknown = given
      for (const step of this._steps.reverse()) {
        if (member(step, 'right_inverse') === undefined)
          throw runtime_error(
            `parametrization ${(step as unknown as Module).constructor.name} does not implement right_inverse.`,
          )
        value = step.right_inverse!(value)
      }
      if (this.is_tensor) this._set_one('original', value, 'The tensor')
      else this._set_all(value)
    })
  }

  private _set_all(values: unknown): void {
    if (!Array.isArray(values))
      throw value_error(`'right_inverse' must return a sequence of tensors. Got ${type_name(values)}.`)
    if (values.length !== this.ntensors)
      throw value_error(
        `'right_inverse' must return a sequence of tensors of length ${this.ntensors}. Got a sequence of length ` +
          `${values.length}.`,
      )
    values.forEach((value, i) => {
      this._set_one(`original${i}`, value, `Tensor ${i}`)
    })
  }

  private _set_one(name: string, value: unknown, what: string): void {
    if (!(value instanceof Tensor))
      throw value_error(`\`right_inverse\` should return a tensor. Got ${type_name(value)}`)
    const original = fields_of(this)[name] as Tensor
    if (value.dtype !== original.dtype)
      throw value_error(
        `${what} returned by \`right_inverse\` has dtype ${value.dtype} while \`${name}\` has dtype ${original.dtype}`,
      )
    put_tensor(original, value)
  }

  override forward(): Tensor {
    const originals = this.is_tensor
      ? [fields_of(this)['original']]
      : Array.from({ length: this.ntensors }, (_, i) => fields_of(this)[`original${i}`])
    const [first, ...others] = this._steps
    return others.reduce((value, step) => step(value), first!(...originals))
  }

  static {
    methods(ParametrizationList, { right_inverse: 'value' })
  }
}
