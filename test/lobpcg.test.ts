import * as torch from 'typetorch'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { compare_rows } from './helpers/rows.js'

const spd = (m: number, dtype = torch.float32) => {
  const x = torch.randn([m, m], { dtype })
  return x.matmul(x.mT).add(torch.eye(m, { dtype }).mul(m))
}
const SPD = (m: number, dtype = 'float32') =>
  `(lambda x: x @ x.mT + torch.eye(${m}, dtype=torch.${dtype}) * ${m})(torch.randn(${m}, ${m}, dtype=torch.${dtype}))`

describe('lobpcg', () => {
  compare_rows([
    { python: `torch.lobpcg(${SPD(12)}, 2)`, ours: () => torch.lobpcg(spd(12), 2) },
    {
      python: `torch.lobpcg(${SPD(20, 'float64')}, 3, largest=False)`,
      ours: () => torch.lobpcg(spd(20, torch.float64), 3, { largest: false }),
    },
    {
      python: `torch.lobpcg(${SPD(20, 'float64')}, 3, method='basic')`,
      ours: () => torch.lobpcg(spd(20, torch.float64), 3, { method: 'basic' }),
    },
    {
      python: `torch.lobpcg(${SPD(15)}, k=2, B=${SPD(15)}, iK=torch.eye(15) * 0.1)`,
      ours: () => torch.lobpcg(spd(15), { k: 2, B: spd(15), iK: torch.eye(15).mul(0.1) }),
    },
    {
      python: `torch.lobpcg(${SPD(15)}, k=2, B=${SPD(15)}, iK=torch.eye(15) * 0.1, method='basic', niter=7)`,
      ours: () =>
        torch.lobpcg(spd(15), {
          k: 2,
          B: spd(15),
          iK: torch.eye(15).mul(0.1),
          method: 'basic',
          niter: 7,
        }),
    },
    {
      python: `torch.lobpcg(${SPD(16)}, 2, n=4, niter=5, tol=1e-3, ortho_bparams={'ortho_use_drop': True}, ortho_iparams={'ortho_i_max': 2})`,
      ours: () =>
        torch.lobpcg(spd(16), 2, {
          n: 4,
          niter: 5,
          tol: 1e-3,
          ortho_bparams: { ortho_use_drop: true },
          ortho_iparams: { ortho_i_max: 2 },
        }),
    },
    {
      python: `torch.lobpcg(${SPD(12)}, X=torch.randn(12, 3))`,
      ours: () => torch.lobpcg(spd(12), { X: torch.randn(12, 3) }),
    },
    {
      python: `torch.lobpcg(torch.stack([${SPD(9)}, ${SPD(9)}]).reshape(2, 1, 9, 9), 2)`,
      ours: () => torch.lobpcg(torch.stack([spd(9), spd(9)]).reshape(2, 1, 9, 9), 2),
    },
    {
      python: `torch.lobpcg(torch.diag(torch.rand(30) + 1).to_sparse(), 2)`,
      ours: () => torch.lobpcg(torch.diag(torch.rand(30).add(1)).to_sparse(), 2),
    },
    {
      python: `torch.lobpcg(torch.diag(torch.arange(1, 13)).float(), 4, X=torch.eye(12)[:, :4])`,
      ours: () =>
        torch.lobpcg(torch.diag(torch.arange(1, 13)).float(), 4, { X: torch.eye(12).narrow(1, 0, 4) }),
    },
    {
      python: `(lambda seen: [torch.lobpcg(${SPD(12)}, 2, tracker=lambda w: seen.append([w.ivars['istep'], w.ivars['converged_count'], w.E.clone(), w.fvars['A_norm'], w.tvars['rerr']])), seen])([])`,
      ours: () => {
        const seen: unknown[] = []
        const found = torch.lobpcg(spd(12), 2, {
          tracker: ({ ivars, fvars, tvars, E }) =>
            void seen.push([
              ivars['istep'],
              ivars['converged_count'],
              E.clone(),
              fvars['A_norm'],
              tvars['rerr'],
            ]),
        })
        return [found, seen]
      },
    },
    { python: 'torch.lobpcg(torch.randn(4, 5))', ours: () => torch.lobpcg(torch.randn(4, 5)) },
    { python: 'torch.lobpcg(torch.randn(4, 4), 2)', ours: () => torch.lobpcg(torch.randn(4, 4), 2) },
    {
      python: 'torch.lobpcg(torch.randn(4, 4), B=torch.randn(5, 5))',
      ours: () => torch.lobpcg(torch.randn(4, 4), { B: torch.randn(5, 5) }),
    },
    {
      python: 'torch.lobpcg(torch.randn(9, 9), X=torch.randn(8, 2))',
      ours: () => torch.lobpcg(torch.randn(9, 9), { X: torch.randn(8, 2) }),
    },
  ])

  it('finds eigenpairs, and stops when the tracker says so', () => {
    const a = torch.diag(torch.arange(1, 10, { dtype: torch.float64 }))
    const [e, x] = torch.lobpcg(a, 2)
    expectTypeOf(e).toEqualTypeOf<torch.Tensor>()
    expect(e.round().tolist()).toEqual([9, 8])
    expect(a.matmul(x).sub(x.mul(e)).abs().max().item()).toBeLessThan(1e-5)
    let calls = 0
    torch.lobpcg(a, 2, {
      tol: 0,
      tracker: (worker) => {
        worker.bvars['force_stop'] = ++calls === 3
      },
    })
    expect(calls).toBe(3)
  })

  it('refuses matrices that require gradients', () => {
    expect(() => torch.lobpcg(torch.eye(9).requires_grad_())).toThrow(
      'lobpcg(): A and B that require gradients are not supported; detach them',
    )
  })
})
