import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import * as torch from 'typetorch'
import { beforeAll, expect, it } from 'vitest'
import { temporary_folder } from '../helpers/folder.js'

// Node's permission model: `--permission`, and `--experimental-permission` before Node 23.5.

const path = temporary_folder()
const root = new URL('../../', import.meta.url)
const entry = new URL('dist/index.js', root).href
const flag = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission'

/** Runs a body under the model, and gives what its last expression was. */
function run(rights: readonly string[], body: string): unknown {
  const script = `import * as torch from '${entry}'
const attempt = async (body) => {
  try { return await body() } catch ({ name, code, permission, path, message }) { return { name, code, permission, path, message } }
}
console.log(JSON.stringify(await attempt(async () => { ${body} })))`
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [flag, '--allow-addons', ...rights, '--input-type=module', '-e', script],
    { encoding: 'utf8', env: { ...process.env, NODE_NO_WARNINGS: '1' } },
  )
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout)
}

// What loading takes: the package and LibTorch.
const READ_ALL = '--allow-fs-read=*'
const WRITE_ALL = '--allow-fs-write=*'

// Everything that loading reads, and no more.
const LOADING = ['dist', 'build', 'node_modules', 'package.json', 'prebuilds'].map(
  (name) => `--allow-fs-read=${new URL(name, root).pathname}${name.includes('.') ? '' : '/'}`,
)

beforeAll(() => {
  mkdirSync(path('out'))
  writeFileSync(path('secret'), Buffer.from(new Float32Array([1, 2]).buffer))
})

it('files are saved whole, with their modes, without what Node has switched off', () => {
  torch.save(0, path('out/old.pt'))
  chmodSync(path('out/old.pt'), 0o640)
  expect(
    run(
      [READ_ALL, WRITE_ALL],
      `torch.save({ x: torch.ones(2) }, '${path('out/old.pt')}')
torch.save({ x: torch.ones(2) }, '${path('out/new.pt')}')
torch.safetensors.save_file({ x: torch.ones(2) }, '${path('out/x.safetensors')}')
torch.utils.npy.save('${path('out/x.npy')}', torch.ones(2))
const model = new torch.nn.Linear(2, 1)
const trainer = new torch.Trainer(model, new torch.optim.SGD(model.parameters(), { lr: 0.1 }), {
  max_steps: 3, progress: false, checkpoints: '${path('out/checkpoints')}',
  callbacks: [
    new torch.CSVLogger('${path('out/log.csv')}'),
    new torch.JSONLinesLogger('${path('out/log.jsonl')}'),
    new torch.TensorBoardLogger('${path('out/board')}'),
  ],
})
return (await trainer.fit([torch.ones(1, 2)], (x) => model(x).mean())).length`,
    ),
  ).toBe(3)
  expect(statSync(path('out/old.pt')).mode & 0o777).toBe(0o640)
  expect(torch.load<{ x: torch.Tensor }>(path('out/new.pt')).x.tolist()).toEqual([1, 1])
  expect(readdirSync(path('out')).sort()).toEqual([
    'board',
    'checkpoints',
    'log.csv',
    'log.jsonl',
    'new.pt',
    'old.pt',
    'x.npy',
    'x.safetensors',
  ])
  expect(readdirSync(path('out/checkpoints')).sort()).toEqual([
    'manifest.json',
    ...[1, 2, 3].map((step) => `step-0000000${step}.pt`),
  ])
})

it('a folder alone may be allowed, and nothing beside it is written', () => {
  const rights = [READ_ALL, `--allow-fs-write=${path('out')}/`]
  run(rights, `torch.save(1, '${path('out/allowed.pt')}'); return true`)
  expect(torch.load(path('out/allowed.pt'))).toBe(1)
  expect(run(rights, `torch.save(1, '${path('not.pt')}')`)).toMatchObject({
    name: 'RuntimeError',
    code: 'ERR_ACCESS_DENIED',
    permission: 'FileSystemWrite',
    path: path('not.pt'),
    message: `save(): cannot write '${path('not.pt')}': access is restricted by Node's permission model (ERR_ACCESS_DENIED); allow it with --allow-fs-write`,
  })
  expect(run([...LOADING, WRITE_ALL], `torch.save(1, '${path('not.pt')}')`)).toMatchObject({
    permission: 'FileSystemRead',
    message: expect.stringContaining('allow it with --allow-fs-read') as string,
  })
})

it.each([
  ['from_file', `torch.from_file('SECRET', { size: 2 })`],
  ['from_file', `torch.from_file('SECRET', false, 2, { dtype: torch.float32 })`],
  ['from_file', `torch.ops.aten.from_file('SECRET', false, 2)`],
  ['from_file', `torch.ops.aten.from_file.default('SECRET', false, 2)`],
  ['load_library', `torch.ops.load_library('SECRET')`],
])('%s reads nothing that Node would not have read: %s', (operator, call) => {
  const body = call.replace('SECRET', path('secret'))
  expect(run([...LOADING], `return ${body}.tolist()`)).toMatchObject({
    name: 'RuntimeError',
    code: 'ERR_ACCESS_DENIED',
    permission: 'FileSystemRead',
    path: path('secret'),
    message: expect.stringContaining(
      `${operator}(): cannot read '${path('secret')}': access is restricted by Node's permission model`,
    ) as string,
  })
})

it('from_file reads what is allowed, and shares only what may be written', () => {
  const file = path('secret')
  const rights = [...LOADING, `--allow-fs-read=${file}`]
  expect(run(rights, `return torch.from_file('${file}', { size: 2 }).tolist()`)).toEqual([1, 2])
  expect(run(rights, `return torch.from_file('${file}', { shared: true, size: 2 }).tolist()`)).toMatchObject({
    code: 'ERR_ACCESS_DENIED',
    permission: 'FileSystemWrite',
  })
  expect(
    run(
      [...rights, `--allow-fs-write=${file}`],
      `return torch.from_file('${file}', { shared: true, size: 2 }).tolist()`,
    ),
  ).toEqual([1, 2])
})
