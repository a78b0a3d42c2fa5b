// What an editor says: errors, and completions.
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, it } from 'vitest'

const name = fileURLToPath(new URL('editor_example.ts', import.meta.url))
const text = `import * as torch from 'typetorch'
new torch.optim.Adam(new torch.nn.Linear(1, 1).parameters(), { lrr: 1 })
new torch.optim.AdamW(new torch.nn.Linear(1, 1).parameters(), { lrr: 1 })
torch.`
const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.NodeNext,
  strict: true,
  skipLibCheck: true,
  types: [],
}
const files = { ...ts.sys, fileExists: (path: string) => path === name || ts.sys.fileExists(path) }
const service = ts.createLanguageService({
  ...files,
  getScriptFileNames: () => [name],
  getScriptVersion: () => '1',
  getScriptSnapshot: (path) => {
    const content = path === name ? text : ts.sys.readFile(path)
    return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content)
  },
  getCurrentDirectory: () => process.cwd(),
  getCompilationSettings: () => options,
  getDefaultLibFileName: ts.getDefaultLibFilePath,
  useCaseSensitiveFileNames: () => true,
})

it('names the options in an error about a misspelt one', () => {
  const messages = service
    .getSemanticDiagnostics(name)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
  // Nothing is said of the other forms of a call.
  for (const message of messages.slice(0, 2)) expect(message.split('\n')).toHaveLength(3)
  const last = messages.map((message) => message.split('\n').at(-1))
  expect(last.slice(0, 2)).toEqual([
    expect.stringMatching(/'lrr' does not exist in type '\{ lr\?: number \| Tensor \| undefined; betas\?: /),
    expect.stringMatching(/'lrr' does not exist in type '\{ lr\?: number \| Tensor \| undefined; betas\?: /),
  ])
}, 120_000)

it('completes public names before private ones', () => {
  const { entries } = service.getCompletionsAtPosition(name, text.length, {})!
  const names = entries
    .sort((a, b) => a.sortText.localeCompare(b.sortText) || a.name.localeCompare(b.name))
    .map((entry) => entry.name)
  const first_private = names.findIndex((one) => /^_[^_]/.test(one))
  expect(names.length).toBeGreaterThan(900)
  expect(names.slice(first_private).every((one) => one.startsWith('_'))).toBe(true)
  expect(first_private).toBeGreaterThan(800)
}, 120_000)
