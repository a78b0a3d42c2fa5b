// What Python has in the package torchvision.
export * as datasets from './datasets/index.js'
export { type Extras, Image, type ImageOpenOptions, type Mode, type Transparency } from './image.js'
export * as io from './io.js'
export * as models from './models/index.js'
export * as ops from './ops/index.js'
export type { Resampling } from './resample.js'
export * as transforms from './transforms/index.js'
export * as utils from './utils.js'
