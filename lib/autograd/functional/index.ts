export { type HessianOptions, hessian, type JacobianOptions, jacobian } from './jacobian.js'
export { hvp, jvp, type ProductOptions, vhp, vjp } from './products.js'
