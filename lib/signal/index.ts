export * as windows from './windows/index.js'
