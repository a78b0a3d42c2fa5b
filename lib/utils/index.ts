export * as data from './data/index.js'
