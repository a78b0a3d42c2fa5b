import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { needed, parse_record, unpack } from '../../scripts/setup/unpack.mjs'
import { temporary_folder, write } from './fakes.js'

const content = {
  'torch/version.py': "__version__ = '2.13.0'\n",
  'torch/lib/libc10.so': 'binary',
  'torch/nn/init.py': 'not needed',
}

/** A wheel as Python's zipfile writes it; `harm` changes a file after its hash was recorded. */
function make_wheel(harm: Record<string, string> = {}): string {
  const folder = temporary_folder()
  const record = Object.entries(content).map(
    ([name, text]) =>
      `${name},sha256=${createHash('sha256').update(text).digest('base64url')},${text.length}`,
  )
  const inside = write(path.join(folder, 'inside'), {
    ...content,
    ...harm,
    'torch-2.13.0.dist-info/RECORD': `${record.join('\n')}\ntorch-2.13.0.dist-info/RECORD,,\n`,
  })
  const wheel = path.join(folder, 'torch-2.13.0-cp311.whl')
  const { status } = spawnSync('python3', ['-m', 'zipfile', '-c', wheel, 'torch', 'torch-2.13.0.dist-info'], {
    cwd: inside,
  })
  expect(status).toBe(0)
  return wheel
}

test('what is needed is written, with its sizes', async () => {
  const target = temporary_folder()
  const seen: number[] = []
  const files = await unpack(make_wheel(), target, { on_bytes: (done: number) => seen.push(done) })
  expect(files).toEqual({ 'torch/version.py': 23, 'torch/lib/libc10.so': 6 })
  expect(fs.readFileSync(path.join(target, 'torch/lib/libc10.so'), 'utf8')).toBe('binary')
  expect(fs.existsSync(path.join(target, 'torch/nn'))).toBe(false)
  expect(seen.at(-1)).toBe(29)
})

test('a file that differs from its RECORD is refused by name', async () => {
  const wheel = make_wheel({ 'torch/lib/libc10.so': 'b1nary' })
  await expect(unpack(wheel, temporary_folder())).rejects.toThrow(
    'torch-2.13.0-cp311.whl is damaged: torch/lib/libc10.so does not have the hash of its RECORD',
  )
})

test('RECORD is a list of comma-separated values', () => {
  const record = parse_record('a/b.py,sha256=abc,12\n"c,""d"".py",sha256=x_-,3\nRECORD,,\n')
  expect([...record.keys()]).toEqual(['a/b.py', 'c,"d".py', 'RECORD'])
  expect(record.get('a/b.py')).toEqual({ hash: 'abc', size: 12 })
})

test.each([
  ['torch/include/ATen/ATen.h', true],
  ['torch/lib/libtorch_cpu.so', true],
  ['torch/lib/libgomp.so.1', true],
  ['torch/lib/libtorch_python.so', false],
  ['torch/lib/libjitbackend_test.so', false],
  ['torch/_C/_VariableFunctions.pyi', true],
  ['torchgen/packaged/ATen/native/native_functions.yaml', true],
  ['torchgen/packaged/autograd/gen_python_functions.py', true],
  ['torch/nn/modules/conv.py', false],
  ['nvidia/cublas/lib/libcublas.so.12', true],
])('%s is needed: %s', (name, expected) => {
  expect(needed(name)).toBe(expected)
})
