import { expect, test } from 'vitest'
import { rewrite } from '../../scripts/bundle_text.mjs'

const NAME =
  'const __name = (value, name) => (calls.push(name), Object.defineProperty(value, "name", { value: name }))'

function names_of(text: string, values: string): { names: string[]; calls: string[] } {
  const run = new Function('calls', `${NAME}\n${text}\nreturn ${values}.map((value) => value.name)`)
  const calls: string[] = []
  return { names: run(calls) as string[], calls }
}

test('only what JavaScript names differently is named by a call', () => {
  const text = `
function plain() {}
__name(plain, "plain");
function taken2() {}
__name(taken2, "taken");
const arrow = /* @__PURE__ */ __name((x) => x, "arrow");
const other2 = /* @__PURE__ */ __name((x) => x, "other");
let later; later = /* @__PURE__ */ __name(() => 1, "later");
class Model { static { __name(this, "Model"); } }
var Named = class _Named { static { __name(this, "Named"); } static one = new _Named(); };
const held = { method: /* @__PURE__ */ __name(() => 1, "method") };`
  const values = '[plain, taken2, arrow, other2, later, Model, Named, held.method]'
  const before = names_of(text, values)
  const blanked = rewrite(text)
  const after = names_of(blanked, values)
  expect(after.names).toEqual(before.names)
  expect(after.names).toEqual(['plain', 'taken', 'arrow', 'other', 'later', 'Model', 'Named', 'method'])
  expect(after.calls).toEqual(['taken', 'other', 'Named'])
  expect(blanked.split('\n').map((line: string) => line.length)).toEqual(
    text.split('\n').map((line: string) => line.length),
  )
})

test('a module is imported by the function that is given, and nothing else is changed', () => {
  const text =
    'const load = async () => (await import("sharp")).default // import(it)\nconst text = "import(x)"'
  expect(rewrite(text)).toBe(text.replace('await import(', 'await __import('))
})

test('what is no comment must be ASCII, in which the script is read', () => {
  expect(rewrite('// 1 … n\nlet n = 1')).toBe('// 1 ? n\nlet n = 1')
  expect(() => rewrite('const dots = "…"')).toThrow('const dots = "…"')
})
