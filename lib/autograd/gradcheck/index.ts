export { type GradcheckOptions, gradcheck } from './gradcheck.js'
export { type GradgradcheckOptions, gradgradcheck } from './gradgradcheck.js'
