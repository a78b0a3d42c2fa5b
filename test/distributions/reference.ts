import * as torch from 'typetorch'

// The same answers as reference.py gives, from the same cases.

export type Spec = null | boolean | number | string | { [name: string]: unknown } | unknown[]
export interface Case {
  [kind: string]: unknown
}
type Leaves = torch.Tensor[] | undefined
type AnyClass = new (keywords: Record<string, unknown>) => never
type Answer = unknown

const D = torch.distributions

export function revive(value: unknown, leaves?: Leaves): unknown {
  if (typeof value !== 'object' || value === null) return value
  const spec = value as Record<string, unknown>
  if ('t' in spec) {
    const dtype = (torch as unknown as Record<string, torch.DType>)[String(spec['dtype'] ?? 'float32')]!
    const made = torch.tensor(spec['t'] as number[], { dtype })
    if (leaves !== undefined && made.is_floating_point()) leaves.push(made.requires_grad_())
    return made
  }
  if ('d' in spec) return make(spec['d'] as [string, object], leaves)
  if ('T' in spec) return transform(spec['T'] as [string, Record<string, unknown>], leaves)
  if ('list' in spec) return (spec['list'] as unknown[]).map((item) => revive(item, leaves))
  if ('tuple' in spec) return spec['tuple']
  return value
}

function keywords_of(args: object, leaves: Leaves): Record<string, unknown> {
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [name, revive(value, leaves)]))
}

export function make([name, args]: [string, object], leaves?: Leaves): torch.distributions.Distribution {
  const made = (D as unknown as Record<string, AnyClass>)[name]!
  return new made(keywords_of(args, leaves))
}

function transform(
  [name, args]: [string, Record<string, unknown>],
  leaves?: Leaves,
): torch.distributions.Transform {
  if (name === 'inv') return (revive(args['of'], leaves) as torch.distributions.Transform).inv
  if (name === 'biject_to' || name === 'transform_to') return D[name](constraint(args['constraint']))
  const made = (D.transforms as unknown as Record<string, AnyClass>)[name]!
  return new made(keywords_of(args, leaves))
}

function constraint(spec: unknown): torch.distributions.constraints.Constraint {
  const named = D.constraints as unknown as Record<string, unknown>
  if (typeof spec === 'string') return named[spec] as torch.distributions.constraints.Constraint
  const [name, args] = spec as [string, unknown[]]
  const call = named[name] as (...args: unknown[]) => torch.distributions.constraints.Constraint
  return call(
    ...args.map((a) =>
      typeof a === 'object' && a !== null && 'c' in a ? constraint((a as { c: unknown }).c) : revive(a),
    ),
  )
}

function hex(x: torch.Tensor): string {
  const array = x.contiguous().typed_array({ copy: true })
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('hex')
}

function show(value: unknown): unknown {
  if (value instanceof torch.Tensor) {
    const x = value.detach().contiguous()
    const nan = x.is_floating_point() ? x.isnan() : null
    const text = nan === null ? hex(x) : `${hex(torch.where(nan, torch.zeros_like(x), x))}/${hex(nan)}`
    return [String(x.dtype), x.shape, text]
  }
  return value
}

function attempt(call: () => unknown): Answer {
  try {
    return show(call())
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return { error: error.name, message: error.message.split('\n')[0] }
  }
}

function gradients(result: torch.Tensor, leaves: torch.Tensor[]): unknown[] {
  return torch.autograd.grad(result.sum(), leaves, { allow_unused: true }).map((g) => show(g))
}

function distribution(given: Case): Record<string, Answer> {
  const leaves: torch.Tensor[] = []
  const d = make(given['d'] as [string, object], leaves)
  const seed = Number(given['seed'])
  const out: Record<string, Answer> = {
    repr: String(d),
    batch_shape: d.batch_shape,
    event_shape: d.event_shape,
    has_rsample: d.has_rsample,
    has_enumerate_support: d.has_enumerate_support,
    support: attempt(() => String(d.support)),
  }
  torch.manual_seed(seed)
  const sample = d.sample([4])
  const value = 'value' in given ? (revive(given['value']) as torch.Tensor) : sample
  out['sample'] = show(sample)
  out['log_prob'] = attempt(() => d.log_prob(value))
  out['cdf'] = attempt(() => d.cdf(value))
  out['icdf'] = attempt(() => d.icdf(torch.full_like(sample, 0.3)))
  for (const name of ['mean', 'mode', 'variance', 'stddev'] as const) out[name] = attempt(() => d[name])
  out['entropy'] = attempt(() => d.entropy())
  out['perplexity'] = attempt(() => d.perplexity())
  out['enumerate_support'] = attempt(() => d.enumerate_support())
  out['enumerate_support_not_expanded'] = attempt(() => d.enumerate_support({ expand: false }))
  torch.manual_seed(seed)
  out['rsample'] = attempt(() => d.rsample([3]))
  if (leaves.length > 0) {
    torch.manual_seed(seed)
    out['rsample_gradients'] = attempt(() => gradients(d.rsample([3]), leaves))
    out['log_prob_gradients'] = attempt(() => gradients(d.log_prob(value), leaves))
  }
  const e = d.expand([2, ...d.batch_shape])
  out['expanded'] = String(e)
  torch.manual_seed(seed)
  out['expanded_sample'] = attempt(() => e.sample())
  out['expanded_log_prob'] = attempt(() => e.log_prob(value.at(':2')))
  out['expanded_mean'] = attempt(() => e.mean)
  return out
}

function kl(given: Case): Record<string, Answer> {
  const leaves: torch.Tensor[] = []
  const [p, q] = (given['kl'] as [string, object][]).map((spec) => make(spec, leaves)) as [
    torch.distributions.Distribution,
    torch.distributions.Distribution,
  ]
  return {
    value: attempt(() => D.kl_divergence(p, q)),
    gradients: attempt(() => gradients(D.kl_divergence(p, q), leaves)),
  }
}

function of_transform(given: Case): Record<string, Answer> {
  const t = transform(given['T'] as [string, Record<string, unknown>])
  const x = revive(given['x']) as torch.Tensor
  const y = t(x)
  return {
    repr: String(t),
    bijective: t.bijective,
    domain: attempt(() => String(t.domain)),
    codomain: attempt(() => String(t.codomain)),
    sign: attempt(() => t.sign),
    y: show(y),
    x: attempt(() => t.inv(y)),
    jacobian: attempt(() => t.log_abs_det_jacobian(x, y)),
    inverse_jacobian: attempt(() => t.inv.log_abs_det_jacobian(y, x)),
    forward_shape: attempt(() => t.forward_shape(x.shape)),
    inverse_shape: attempt(() => t.inverse_shape(y.shape)),
    event_dim: attempt(() => t.event_dim),
  }
}

function of_constraint(given: Case): Record<string, Answer> {
  const c = constraint(given['c'])
  return {
    repr: String(c),
    is_discrete: c.is_discrete,
    event_dim: c.event_dim,
    check: attempt(() => c.check(revive(given['x']) as torch.Tensor)),
  }
}

function error(given: Case): Record<string, Answer> | null {
  try {
    make(given['error'] as [string, object]).log_prob(revive(given['value']) as torch.Tensor)
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown
    return { error: thrown.name, message: thrown.message }
  }
  return null
}

const kinds: Record<string, (given: Case) => Record<string, Answer> | null> = {
  d: distribution,
  kl,
  T: of_transform,
  c: of_constraint,
  error,
}

/** Our answers to a case. */
export function answer(given: Case): Record<string, Answer> | null {
  const kind = Object.keys(kinds).find((name) => name in given)!
  return kinds[kind]!(given)
}
