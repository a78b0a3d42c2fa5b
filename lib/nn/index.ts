import { settle_classes } from './modules/class_fields.js'
import * as own_modules from './modules/index.js'

export { attention } from './attention/index.js'
export { factory_kwargs } from './factory_kwargs.js'
export * as functional from './functional.js'
export * as grad from './grad.js'
export * as init from './init.js'
export * from './modules/index.js'
export * as modules from './modules/namespaces/index.js'
export * as parallel from './parallel/index.js'
export { DataParallel } from './parallel/index.js'
export { Buffer, Parameter } from './parameter.js'
export * as parameter from './parameters.js'
export { UninitializedBuffer, UninitializedParameter } from './uninitialized.js'
export * as utils from './utils/index.js'

settle_classes(Object.values(own_modules))
