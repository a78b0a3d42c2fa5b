export { type Collated, type Converted, default_collate, default_convert } from './_utils/collate.js'
export * as _utils from './_utils/index.js'
export { get_worker_info, type WorkerInfo } from './_utils/worker_info.js'
export { DataLoader } from './dataloader.js'
export {
  type AnyDataset,
  ChainDataset,
  ConcatDataset,
  Dataset,
  IterableDataset,
  type MapDataset,
  TensorDataset,
} from './dataset.js'
export { DistributedSampler } from './distributed.js'
export type { AsyncDataLoaderIterator, DataLoaderIterator } from './epoch.js'
export type { DataLoaderOptions } from './loader_options.js'
export type { DataLoaderState } from './loader_state.js'
export {
  BatchSampler,
  RandomSampler,
  Sampler,
  SequentialSampler,
  SubsetRandomSampler,
  WeightedRandomSampler,
} from './sampler.js'
export { StackDataset } from './stack_dataset.js'
export { random_split, Subset } from './subset.js'
