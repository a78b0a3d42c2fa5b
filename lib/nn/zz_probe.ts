import * as nn from './index.js'
import * as optim from '../optim/index.js'
import type { Tensor } from '../tensor.js'
export class A extends nn.Module { name = 5; bind = 3
  conv1 = new nn.Conv2d(3, 16, 3, { padding: 1 })
  forward(x: Tensor, t: Tensor) { return this.conv1(x).add(t) } }
export class B extends nn.Module { length = 'x'; call = 2 }
declare const x: Tensor
export const y = new A()(x, x)
export const seq = new nn.Sequential(new nn.Linear(1, 2), new nn.ReLU())
export const z: Tensor = seq(x)
for (const l of new A().children()) l(x)
export function wrapit<M extends nn.Module & ((x: Tensor) => Tensor)>(m: M): Tensor { return m(x) }
wrapit(new nn.Linear(1, 2))
wrapit(seq)
const o = new optim.Adam(new A().parameters(), { lr: 1 })
o.param_groups[0]!.lr = 2
new optim.Adam([{ params: new A().parameters(), lr: 3 }, { params: [x] }])
new optim.Adam(new A().named_parameters(), 1e-3, [0.9, 0.9], { eps: 1 })
export const m: nn.Module = new A()
export const g: number = o.step(() => 3)
new A().to('cpu').double().train().eval()
new nn.ModuleList([new nn.ReLU(), new nn.Linear(1, 2)]).at(0)(x)
export const sd = new A().state_dict()['a']
new nn.Conv2d(3, 16, [3, 3], 1, 'same', { bias: false })
new A().register_forward_hook((mod, args, out) => { mod.conv1; out.add(1) })
// @ts-expect-error
new A()(x)
// @ts-expect-error
new nn.Conv2d(3, 16, 3, { paddin: 1 })
