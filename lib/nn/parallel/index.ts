export { DataParallel, type DataParallelOptions } from './data_parallel.js'
