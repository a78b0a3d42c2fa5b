export { type LoadOptions, load } from './serialization/load.js'
export { save } from './serialization/save.js'
