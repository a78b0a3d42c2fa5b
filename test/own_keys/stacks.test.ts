import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const program = fileURLToPath(new URL('stacks.mjs', import.meta.url))
const lines = readFileSync(program, 'utf8').split('\n')

/** The number of the program's line with a text. */
function line_of(text: string): string {
  const found = lines.flatMap((line, i) => (line.includes(text) ? [String(i + 1)] : []))
  expect(found).toHaveLength(1)
  return found[0]!
}

test.each(['none', 'text', 'sites', 'nothing', 'symbol', 'throws', 'no limit'])(
  'errors and places point at the program’s lines under a formatter of another library: %s',
  (how) => {
    const output = execFileSync(process.execPath, [program, how], { encoding: 'utf8', stdio: 'pipe' })
    expect(JSON.parse(output)).toEqual({
      operator: [
        'string',
        expect.stringContaining('inconsistent tensor size') as string,
        line_of('x.matmul(torch.ones(3))'),
      ],
      argument: [
        'string',
        expect.stringContaining("did you mean 'dim'") as string,
        line_of('x.sum({ dims: 1 })'),
      ],
      background: [
        'string',
        'grad can be implicitly created only for scalar outputs',
        line_of('.backward_async()'),
      ],
      scope: line_of('torch.scope(() => {'),
      traced: line_of('const traced = torch.ones(7)'),
      length: 7,
      anomaly: "Function 'SqrtBackward0' returned nan values in its 0th output.",
      traceback: line_of('x.mul(-1).sqrt()'),
    })
  },
)
