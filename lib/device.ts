import { inspect } from 'node:util'
import { runtime_error } from './errors.js'
import { expect_string } from './expect.js'
import { LOWERED } from './ops/lowered.js'

/** Where a tensor lives, as `torch.device`: a type and, for the ones of which there are several, an index. */
export class Device {
  readonly type: string
  readonly index: number | null
  readonly [LOWERED]: string

  constructor(text: string, index: number | null = null) {
    expect_string(text, 'device', 'type')
    const match = /^([a-z]+)(?::(0|[1-9]\d*))?$/.exec(text)
    if (match === null) throw runtime_error(`Invalid device string: '${text}'`)
    if (match[2] !== undefined && index !== null) {
      throw runtime_error(
        `type (string) must not include an index because index was passed explicitly: ${text}`,
      )
    }
    this.type = match[1]!
    if (!device_types.has(this.type)) {
      throw runtime_error(
        `Expected one of cpu, cuda, ipu, xpu, mkldnn, opengl, opencl, ideep, hip, ve, fpga, maia, xla, lazy, vulkan, mps, meta, hpu, mtia, privateuseone device type at start of device string: ${text}`,
      )
    }
    this.index = match[2] !== undefined ? Number(match[2]) : index
    this[LOWERED] = String(this)
  }

  /** `cpu`, `cuda:0`. */
  toString(): string {
    return this.index === null ? this.type : `${this.type}:${this.index}`
  }

  /** Its text in JSON, which stands for it wherever a device is taken. */
  toJSON(): string {
    return String(this)
  }

  /** Whether both name the same device. */
  equals(other: Device | string): boolean {
    return String(this) === String(other)
  }

  [inspect.custom](): string {
    return `device(type='${this.type}'${this.index === null ? '' : `, index=${this.index}`})`
  }
}

/** What stands for a device: the object, its text, or a CUDA device's number. */
export type DeviceLike = Device | string | number

const device_types = new Set(
  'cpu cuda ipu xpu mkldnn opengl opencl ideep hip ve fpga maia xla lazy vulkan mps meta hpu mtia privateuseone'.split(
    ' ',
  ),
)

const made = new Map<string, Device>()

/** The one object for a device's text. */
export function device_of(text: string): Device {
  let found = made.get(text)
  if (found === undefined) made.set(text, (found = new Device(text)))
  return found
}

/**
 * Names a device.
 *
 * @param type `'cpu'`, `'cuda'`, `'cuda:1'`, `'meta'`, …, or a number for a CUDA device
 * @param index the device's number, where `type` does not name it
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.zeros(2, { device: torch.device('cpu') })
 * ```
 * @see https://docs.pytorch.org/docs/2.13/tensor_attributes.html#torch.device
 */
export function device(type: DeviceLike, index?: number): Device {
  if (type instanceof Device) return type
  if (typeof type === 'number') return device_of(`cuda:${type}`)
  const text = expect_string(type, 'device', 'type')
  return index === undefined ? device_of(text) : new Device(text, index)
}
