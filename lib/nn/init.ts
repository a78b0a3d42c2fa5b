export * from './init/deprecated.js'
export {
  constant_,
  dirac_,
  eye_,
  normal_,
  ones_,
  orthogonal_,
  sparse_,
  uniform_,
  zeros_,
} from './init/fill.js'
export {
  calculate_fan_in_and_fan_out as _calculate_fan_in_and_fan_out,
  calculate_gain,
  type FanMode,
  type Nonlinearity,
} from './init/gain.js'
export { kaiming_normal_, kaiming_uniform_, xavier_normal_, xavier_uniform_ } from './init/scaled.js'
export { trunc_normal_ } from './init/trunc_normal.js'
