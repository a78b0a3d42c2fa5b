import * as torch from 'typetorch'
import { look_up } from '../call.js'
import { compare_tensor } from '../compare.js'
import type { Case } from '../folder.js'
import { type Bytes, type RecordedTensor, revive_keywords } from '../values.js'

interface AnyDistribution {
  sample(shape: number[]): torch.Tensor
  log_prob(value: torch.Tensor): torch.Tensor
  cdf(value: torch.Tensor): torch.Tensor
  entropy(): torch.Tensor
  readonly mean: torch.Tensor
  readonly variance: torch.Tensor
}
type DistributionClass = new (keywords: Record<string, unknown>) => AnyDistribution

/** A distribution's sample and what it says of it. */
export function run_distribution(recorded: Case, memory: Bytes): string | null {
  const name = String(recorded['distribution'])
  const found_class = look_up(torch, `distributions.${name}`) as DistributionClass | undefined
  if (found_class === undefined) return `there is no distributions.${name}`
  const distribution = new found_class(revive_keywords(recorded['kwargs'], memory))
  torch.manual_seed(Number(recorded['seed']))
  const sample = distribution.sample(recorded['sample_shape'] as number[])
  const answers: [string, () => torch.Tensor][] = [
    ['sample', () => sample],
    ['log_prob', () => distribution.log_prob(sample)],
    ['cdf', () => distribution.cdf(sample)],
    ['entropy', () => distribution.entropy()],
    ['mean', () => distribution.mean],
    ['variance', () => distribution.variance],
  ]
  for (const [what, answer] of answers) {
    const expected = recorded[what] as never as { t: RecordedTensor } | null | undefined
    if (expected === undefined || expected === null) continue
    const wrong = compare_tensor(answer(), expected.t, memory)
    if (wrong !== null) return `${what}: ${wrong}`
  }
  return null
}
