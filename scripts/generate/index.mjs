// Writes the public face of the operators, lib/ops/generated, from PyTorch's own lists.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { read_sources, repository } from './locate.mjs'
import { build_face, namespaces } from './model.mjs'
import { write_face } from './write-face.mjs'
import { write_functions, write_kinds, write_methods } from './write-types.mjs'

const folder = process.argv[2] ?? join(repository, 'lib', 'ops', 'generated')
const face = build_face(read_sources())

mkdirSync(folder, { recursive: true })
write('face.ts', write_face(face))
write('kinds.ts', write_kinds())
write('methods.ts', write_methods(face.methods))
for (const namespace of namespaces)
  write(`${namespace}.ts`, write_functions(namespace, face.functions[namespace]))

/**
 * An unchanged file keeps its date, so that the compiler has nothing to do.
 *
 * @param {string} file
 * @param {string} text
 */
function write(file, text) {
  const path = join(folder, file)
  const whole = `// written by scripts/generate\n\n${text}`
  if (!existsSync(path) || readFileSync(path, 'utf8') !== whole) writeFileSync(path, whole)
}
