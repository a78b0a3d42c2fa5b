import * as torch from 'typetorch'
import { compare_tensors } from '../compare.js'
import type { Case } from '../folder.js'
import { type Bytes, make_recorded, type RecordedTensor, revive_keywords } from '../values.js'

interface AnyOptimizer {
  zero_grad(): void
  step(closure?: () => torch.Tensor): unknown
}
type OptimizerClass = new (parameters: torch.Tensor[], keywords: Record<string, unknown>) => AnyOptimizer

/** Five steps with the gradients given; LBFGS gets a closure of its own. */
export function run_optimizer(recorded: Case, memory: Bytes): string | null {
  const name = String(recorded['optimizer'])
  const found_class = (torch.optim as unknown as Record<string, OptimizerClass | undefined>)[name]
  if (found_class === undefined) return `there is no optim.${name}`
  const parameters = (recorded['params'] as never as RecordedTensor[]).map((item) =>
    make_recorded(item, memory).requires_grad_(),
  )
  const optimizer = new found_class(parameters, revive_keywords(recorded['kwargs'], memory))
  const closure = () => {
    optimizer.zero_grad()
    const loss = parameters.map((p) => p.mul(p).sum()).reduce((sum, part) => sum.add(part))
    loss.backward()
    return loss
  }
  const gradients = (recorded['grads'] ?? []) as never as RecordedTensor[][]
  for (const [step, expected] of (recorded['params_after'] as never as RecordedTensor[][]).entries()) {
    const given = gradients[step]
    if (name === 'LBFGS' || given === undefined) optimizer.step(closure)
    else {
      given.forEach((item, i) => {
        parameters[i]!.grad = make_recorded(item, memory)
      })
      optimizer.step()
    }
    const wrong = compare_tensors(`step ${step + 1}, parameter`, parameters, expected, memory)
    if (wrong !== null) return wrong
  }
  return null
}
