import { constant_, dirac_, eye_, normal_, orthogonal_, sparse_, uniform_ } from './fill.js'
import { kaiming_normal_, kaiming_uniform_, xavier_normal_, xavier_uniform_ } from './scaled.js'

/** The old name of an initialiser, which warns and calls it. */
function deprecated<F extends (...args: never[]) => unknown>(name: string, initializer: F): F {
  const old = (...args: never[]): unknown => {
    process.emitWarning(`\`nn.init.${name}\` is now deprecated in favor of \`nn.init.${name}_\`.`)
    return initializer(...args)
  }
  Object.defineProperty(old, 'name', { value: name })
  return old as F
}

/** Deprecated: {@link uniform_}. */
export const uniform: typeof uniform_ = deprecated('uniform', uniform_)
/** Deprecated: {@link normal_}. */
export const normal: typeof normal_ = deprecated('normal', normal_)
/** Deprecated: {@link constant_}. */
export const constant: typeof constant_ = deprecated('constant', constant_)
/** Deprecated: {@link eye_}. */
export const eye: typeof eye_ = deprecated('eye', eye_)
/** Deprecated: {@link dirac_}. */
export const dirac: typeof dirac_ = deprecated('dirac', dirac_)
/** Deprecated: {@link xavier_uniform_}. */
export const xavier_uniform: typeof xavier_uniform_ = deprecated('xavier_uniform', xavier_uniform_)
/** Deprecated: {@link xavier_normal_}. */
export const xavier_normal: typeof xavier_normal_ = deprecated('xavier_normal', xavier_normal_)
/** Deprecated: {@link kaiming_uniform_}. */
export const kaiming_uniform: typeof kaiming_uniform_ = deprecated('kaiming_uniform', kaiming_uniform_)
/** Deprecated: {@link kaiming_normal_}. */
export const kaiming_normal: typeof kaiming_normal_ = deprecated('kaiming_normal', kaiming_normal_)
/** Deprecated: {@link orthogonal_}. */
export const orthogonal: typeof orthogonal_ = deprecated('orthogonal', orthogonal_)
/** Deprecated: {@link sparse_}. */
export const sparse: typeof sparse_ = deprecated('sparse', sparse_)
