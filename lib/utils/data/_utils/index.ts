export * as collate from './collate.js'
