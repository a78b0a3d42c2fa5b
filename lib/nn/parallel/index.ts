export { DataParallel } from './data_parallel.js'
