import { gpt } from './gpt.js'
import { lstm } from './lstm.js'
import { lstm_cells } from './lstm_cells.js'
import { mlp } from './mlp.js'
import { resnet18 } from './resnet18.js'
import { unet } from './unet.js'
import { wgan } from './wgan.js'
import type { Sizes, Workload } from './workload.js'

export type { Sizes, Workload } from './workload.js'
export { tensors_of } from './workload.js'

/** Models in training as scripts have them; bench/python/workloads has the same. Made after `torch.manual_seed`. */
export const WORKLOADS: Record<string, (sizes: Sizes) => Workload> = {
  mlp,
  resnet18,
  lstm,
  lstm_cells,
  gpt,
  unet,
  wgan,
}

export function make_workload(name: string, sizes: Sizes): Workload {
  const make = WORKLOADS[name]
  if (make === undefined)
    throw new Error(`no workload '${name}': there are ${Object.keys(WORKLOADS).join(', ')}`)
  return make(sizes)
}
