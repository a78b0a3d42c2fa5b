export * from './v2.js'
export * as v2 from './v2.js'
