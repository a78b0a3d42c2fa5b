import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const repository = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** What the generator reads, beside `torch` in the unpacked wheel. */
const files = {
  native_functions: 'torchgen/packaged/ATen/native/native_functions.yaml',
  bindings: 'torchgen/packaged/autograd/gen_python_functions.py',
  torch_face: 'torch/_C/_VariableFunctions.pyi',
  tensor_face: 'torch/_C/__init__.pyi',
}

/**
 * Reads PyTorch's own lists out of the wheel that the set-up found (build/libtorch.json, or the environment's
 * LIBTORCH).
 *
 * @returns {Record<keyof typeof files, string>} file contents
 */
export function read_sources() {
  const root = dirname(libtorch_path())
  const entries = Object.entries(files).map(([key, file]) => {
    const path = join(root, file)
    if (!existsSync(path)) {
      throw new Error(`the operators' lists are read from PyTorch's wheel, but ${path} is not there`)
    }
    return [key, readFileSync(path, 'utf8')]
  })
  return Object.fromEntries(entries)
}

/** @returns {string} the wheel's folder `torch` */
export function libtorch_path() {
  const found = join(repository, 'build', 'libtorch.json')
  if (existsSync(found)) return JSON.parse(readFileSync(found, 'utf8')).path
  if (process.env['LIBTORCH']) return process.env['LIBTORCH']
  throw new Error(
    'LibTorch has not been looked for yet: run `npm run setup`, or set LIBTORCH to the folder torch of a wheel',
  )
}
