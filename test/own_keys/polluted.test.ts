import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'

const program = fileURLToPath(new URL('sample.mjs', import.meta.url))
const lib = fileURLToPath(new URL('../../lib', import.meta.url))

// JavaScript looks for these in the descriptors and errors of every library, and Node in the options of its own
// functions, also where these functions call each other: a process with them on Object.prototype does not even start.
const OF_JAVASCRIPT = ['get', 'set', 'value', 'writable', 'enumerable', 'configurable', 'name', 'length']
const OF_NODE = [
  'signal',
  'mode',
  'encoding',
  'flag',
  'input',
  'timeout',
  'persistent',
  'source',
  'format',
  'error',
]

/** The names that our options have: every parameter's, and the Trainer's. */
function names_of_options(): string[] {
  const labels = readFileSync(join(lib, 'python/labels.ts'), 'utf8')
  const options = readFileSync(join(lib, 'trainer/options.ts'), 'utf8')
  const found = [
    ...[...labels.matchAll(/^ {2}(\w+): \[/gm)].map(([, name]) => name!),
    ...[...options.matchAll(/^ {2}(\w+)\??:/gm)].map(([, name]) => name!),
    // Keys of states, of files, of callbacks and of the library's own objects.
    ...[
      'foo',
      '_metadata',
      'state_dict',
      'load_state_dict',
      'on_step_end',
      'environment',
      're',
      'im',
      'from',
    ],
    ...['output', 'slots', 'call', 'make', 'kinds', 'right_inverse', '__getitems__', '__deepcopy__', 'step'],
    ...[
      'on_fit_start',
      'on_epoch_start',
      'on_epoch_end',
      'on_pause',
      'on_error',
      'transform',
      'generator',
      'grad_norm',
    ],
  ]
  return [...new Set(found)].filter((name) => !OF_JAVASCRIPT.includes(name) && !OF_NODE.includes(name))
}

/** What the sample gives, by its lines' names. */
async function sample(how: string, names: readonly string[]): Promise<Map<string, string>> {
  const args = [program, how, JSON.stringify(names)]
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1 << 26 })
  return new Map(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as [string, string]),
  )
}

describe('whatever is on Object.prototype', () => {
  let expected: Map<string, string>
  beforeAll(async () => {
    expected = await sample('none', [])
  }, 120_000)

  test('the sample has answers, and refuses what it should', () => {
    expect(expected.size).toBeGreaterThan(60)
    const refused = [...expected].filter(([, result]) => result.startsWith('throws'))
    expect(refused.map(([name]) => name)).toEqual([
      'sum { constructor }',
      'sum { __proto__ }',
      'sum { toString }',
    ])
    for (const [name, result] of refused)
      expect(result).toBe(
        `throws TypeError: sum() got an unexpected keyword argument '${/\w+(?= \})/.exec(name)![0]}'`,
      )
  })

  test.each([
    ['one enumerable name', 'zeros', ['foo']],
    ['zeros under the names of all options', 'zeros', names_of_options()],
    ['functions under the names of all options', 'methods', names_of_options()],
    ['texts under the commonest', 'texts', ['foo', 'dim', 'keepdim', 'dtype', 'lr', 'out', 'p', 'bias']],
  ])(
    '%s: every answer is the same',
    async (_name, how, names) => {
      const found = await sample(how, names)
      expect([...found.keys()]).toEqual([...expected.keys()])
      for (const [name, result] of expected) expect(found.get(name), name).toBe(result)
    },
    120_000,
  )
})
