// Programs whose own declarations are written: what they infer has to have a public name.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, it } from 'vitest'

const text = `import * as torch from 'typetorch'
import { nn } from 'typetorch'
export const layer = new nn.Linear(2, 2)
export const chain = new nn.Sequential(new nn.Linear(2, 2), new nn.ReLU())
export const layers = new nn.ModuleList([new nn.Linear(2, 2), new nn.LSTM(2, 2)])
export const optimizer = new torch.optim.Adam(layer.parameters())
export const largest = torch.max(torch.ones(2, 2), 0)
export const { values } = torch.ones(2, 2).sort()
export const loader = new torch.utils.data.DataLoader([1, 2])
export const mapped = torch.func.vmap((x: torch.Tensor) => x)
export const scaler = new torch.amp.GradScaler('cpu')
export const normal = new torch.distributions.Normal(0, 1)
export const trainer = new torch.Trainer(layer, optimizer)
export class Model extends nn.Module {
  lstm = new nn.LSTM(1, 1)
  override forward(x: torch.Tensor) {
    return this.lstm(x)
  }
}
`

it('gives what it infers public names', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'typetorch-'))
  try {
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(fileURLToPath(new URL('../..', import.meta.url)), join(folder, 'node_modules/typetorch'))
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(folder, 'program.ts'), text)
    const program = ts.createProgram([join(folder, 'program.ts')], {
      module: ts.ModuleKind.NodeNext,
      target: ts.ScriptTarget.ES2022,
      strict: true,
      skipLibCheck: true,
      types: [],
      declaration: true,
    })
    let written = ''
    const { diagnostics } = program.emit(undefined, (name, declarations) => {
      if (name.endsWith('.d.ts')) written += declarations
    })
    expect(diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual(
      [],
    )
    expect(written).toContain('largest: torch.Named<["values", "indices"]>')
    expect(written).not.toMatch(/: any|import\(/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
