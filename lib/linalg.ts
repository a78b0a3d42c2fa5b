export { LinAlgError } from './errors.js'
export * from './ops/generated/linalg.js'
