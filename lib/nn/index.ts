export * as functional from './functional.js'
export * as init from './init.js'
export * from './modules/index.js'
export { Buffer, type BufferOptions, Parameter, type ParameterOptions } from './parameter.js'
