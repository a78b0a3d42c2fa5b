export * as checkpoint from './checkpoint/index.js'
export * as data from './data/index.js'
export * as npy from './npy/index.js'
export * as tensorboard from './tensorboard/index.js'
