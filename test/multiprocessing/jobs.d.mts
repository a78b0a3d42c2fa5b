import type { Tensor } from 'typetorch'
import * as torch from 'typetorch'

type Queue = torch.multiprocessing.Queue
export function fill_row(rank: number, x: Tensor, value: number): void
export function fail_at(rank: number, which: number): Promise<void>
export function leave(rank: number, code: number): void
export function echo(from: Queue, to: Queue): Promise<void>
export function train(rank: number, model: torch.nn.Module, steps: number): void
export function no_more_than(x: Tensor): void
export class Scale extends torch.nn.Module {
  factor: torch.nn.Parameter
  calls: number
  override forward(x: Tensor, options: { random: true }): { value: Tensor; doubled: Tensor[] }
  override forward(x: Tensor): Tensor
}
export class Slow extends torch.nn.Module {
  override forward(x: Tensor): Tensor
}
export class Custom extends torch.nn.Module {
  override forward(x: Tensor): Tensor
}
