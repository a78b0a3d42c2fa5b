// Finds calls of Node-API's in native/ whose status nobody looks at, by their text: a call that begins a statement.
// `checked(env, napi_…)` throws, `discard(napi_…)` says that nothing can be done; a status may be compared or returned.
import fs from 'node:fs'
import path from 'node:path'
import { ROOT } from './setup/config.mjs'
import { native_files } from './setup/sources.mjs'

const blank = (text) => text.replace(/[^\n]/g, ' ')

/** The source with comments and texts blanked out, every character at its place. */
function code_of(source) {
  return source.replace(
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|R"\(([\s\S]*?)\)"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])'/g,
    blank,
  )
}

/**
 * The calls in a C++ source whose status is thrown away.
 *
 * @param {string} source
 * @returns {{ line: number, call: string }[]}
 */
export function unchecked_calls(source) {
  const code = code_of(source)
  const found = []
  for (const match of code.matchAll(/\bnapi_[a-z0-9_]+(?=\s*\()/g)) {
    const before = code.slice(0, match.index).trimEnd()
    const looked_at =
      /\b(?:checked\s*\((?:[^();]|\([^()]*\))*[,?:]|discard\s*\(|return)$/.test(before) ||
      // Compared, assigned, or part of a condition.
      /[=!]=?$|&&$|\|\|$|\bif\s*\($|\bwhile\s*\($/.test(before) ||
      /^\s*\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)\s*[!=]=/.test(code.slice(match.index + match[0].length))
    if (!looked_at) found.push({ line: code.slice(0, match.index).split('\n').length, call: match[0] })
  }
  return found
}

/** The unchecked calls of all of native/, as `native/file.cpp:12: napi_throw`. */
export function unchecked_in_native() {
  return native_files()
    .filter((name) => name !== 'CMakeLists.txt')
    .flatMap((name) =>
      unchecked_calls(fs.readFileSync(path.join(ROOT, name), 'utf8')).map(
        ({ line, call }) => `${name}:${line}: ${call}`,
      ),
    )
}

if (process.argv[1] && fs.realpathSync(process.argv[1]) === import.meta.filename) {
  const found = unchecked_in_native()
  for (const place of found)
    process.stdout.write(`${place}: its status is thrown away; use checked() or discard()\n`)
  process.exit(found.length === 0 ? 0 : 1)
}
