import type { Tensor } from 'typetorch'
import * as torch from 'typetorch'

export class Noisy extends torch.utils.data.Dataset<[Tensor, Tensor]> {
  constructor(length: number)
}
export class Stream extends torch.utils.data.IterableDataset<Tensor> {
  constructor(start: number, end: number)
}
export class Slow extends torch.utils.data.IterableDataset<bigint> {}
export type OddThing =
  | 'throw'
  | 'tensor_error'
  | 'exit'
  | 'throw_later'
  | 'hang'
  | 'out_of_memory'
  | 'promise'
  | 'nothing'
  | 'function'
  | 'instance'
export class Odd extends torch.utils.data.Dataset<bigint> {
  constructor(what: OddThing, index: number)
}
export interface Info {
  index: bigint
  id: string
  seed: string
  initial_seed: string
  scale: number
  own_dataset: boolean
  thread: number
}
export class Informed extends torch.utils.data.Dataset<Info> {
  scale: number
}
export class Decoding extends torch.utils.data.Dataset<bigint> {
  constructor(length: number, milliseconds: number)
}
export function double_scale(id: number): void
export function as_they_are<T>(samples: T[]): T[]
export function sums(samples: [Tensor, Tensor][]): Tensor
export function fails(): never
