export { CIFAR10, CIFAR100 } from './cifar.js'
export { FakeData, type FakeDataOptions } from './fakedata.js'
export * as folder from './folder.js'
export {
  DatasetFolder,
  type DatasetFolderOptions,
  ImageFolder,
  type ImageFolderOptions,
} from './folder.js'
export { FashionMNIST, MNIST } from './mnist.js'
export { type SplitOptions, type TransformOptions, VisionDataset } from './vision_dataset.js'
