import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { libtorch_path, repository } from '../../scripts/generate/locate.mjs'

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
const folder = mkdtempSync(join(tmpdir(), 'typetorch-types-'))
afterAll(() => rmSync(folder, { recursive: true }))

const types = `
import type { TensorMethods } from './generated/methods.js'
export declare class Complex { readonly im: number }
export type Scalar = number | bigint | boolean | Complex
export type IntList = readonly (number | bigint)[]
export declare class DType { readonly itemsize: number }
export declare class Device { readonly type: string }
export type DeviceLike = Device | string
export declare class Layout { readonly layout_name: string }
export declare class MemoryFormat { readonly format_name: string }
export declare class Generator { readonly seed: number }
export declare class Storage { readonly bytes: number }
export declare class Stream { readonly stream_id: number }
export declare class Tensor { readonly dtype: DType; readonly shape: number[] }
export interface Tensor extends TensorMethods {}
`

const program = `
import * as linalg from './generated/linalg.js'
import * as torch from './generated/torch.js'
import type { DType, Generator, Tensor } from './types.js'
declare const float32: DType
declare const generator: Generator
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const is_tensor = <T>(_: T, __: Same<T, Tensor>) => {}

const x = torch.randn(2, 3)
is_tensor(x, true)
is_tensor(torch.randn([2, 3], { dtype: float32, requires_grad: true }), true)
is_tensor(torch.randn(2, 3, { device: 'cpu', generator }), true)
is_tensor(torch.sub(1, torch.cumprod(x, 0)), true)
is_tensor(torch.sum(x, [0, 1], true, { dtype: float32 }), true)
is_tensor(torch.sum(x, { dim: 1 }), true)
is_tensor(torch.var(x, 1, { correction: 0, keepdim: true }), true)
is_tensor(torch.var(x, false), true)
is_tensor(x.add_(1).view(-1, 16, 1, 1).view([2, 3]).expand(2, -1, { implicit: false }), true)
is_tensor(torch.conv2d(x, x, null, { padding: 'same' }), true)

const { values, indices } = torch.max(x, 1)
const [first, second] = x.max(1, { keepdim: true })
const given: Tensor = values
is_tensor(indices, true)
is_tensor(first, true)
is_tensor(second, true)
is_tensor(torch.max(x, given), true)
torch.max(x, 1, { out: [values, indices] })
is_tensor(linalg.svd(x).Vh, true)
const parts: Tensor[] = x.split(1)
const whole: boolean = torch.is_nonzero(parts[0] ?? x)

// @ts-expect-error no such keyword
torch.sum(x, 1, { keepdims: whole })
// @ts-expect-error a string is no tensor
torch.sum('x')
// @ts-expect-error too many
torch.relu(x, 1)
// @ts-expect-error the dimension is missing
torch.cumsum(x)
// @ts-expect-error private
torch._softmax
`

it('compiles alone, strictly, and types calls', { timeout: 120_000 }, () => {
  const generated = join(folder, 'lib/generated')
  mkdirSync(generated, { recursive: true })
  const run = spawnSync(process.execPath, [join(repository, 'scripts/generate/index.mjs'), generated], {
    encoding: 'utf8',
    env: { ...process.env, LIBTORCH: libtorch_path() },
  })
  expect(run.stderr).toBe('')
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(folder, 'lib/types.ts'), types)
  mkdirSync(join(folder, 'tensor'))
  copyFileSync(join(repository, 'lib/tensor/several.ts'), join(folder, 'tensor/several.ts'))
  writeFileSync(
    join(folder, 'lib/bind.ts'),
    'export declare function bind_function<F>(name: string, namespace?: string): F\n',
  )
  writeFileSync(join(folder, 'lib/program.ts'), program)
  const flags =
    '--noEmit --strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --isolatedModules --verbatimModuleSyntax'
  const checked = spawnSync(
    process.execPath,
    [
      tsc,
      ...flags.split(' '),
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--typeRoots',
      join(folder, 'none'),
      join(folder, 'lib/program.ts'),
    ],
    { encoding: 'utf8' },
  )
  expect(checked.stdout).toBe('')
  expect(checked.status).toBe(0)
})
