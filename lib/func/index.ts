export { type FunctionalCallOptions, functional_call, type NamedTensors } from '../nn/utils/stateless.js'
