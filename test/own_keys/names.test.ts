import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as torch from 'typetorch'
import { afterAll, describe, expect, test } from 'vitest'
import { live_python, python_env } from '../../scripts/setup/python.mjs'

const { nn } = torch
const folder = mkdtempSync(join(tmpdir(), 'typetorch-names-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
const MATCHED = '<All keys matched successfully>'

/** A value through torch.save and torch.load. */
function through_file<T>(value: T): T {
  const file = join(folder, `${files++}.pt`)
  torch.save(value, file)
  return torch.load<T>(file)
}

class Versioned extends nn.Module {
  override get _version(): number {
    return 7
  }
  readonly seen: (number | undefined)[] = []
  constructor(name: string) {
    super()
    this.register_parameter(name, new nn.Parameter(torch.ones(2)))
  }
  override _load_from_state_dict(...args: Parameters<torch.nn.Module['_load_from_state_dict']>): void {
    this.seen.push(args[2].version)
    super._load_from_state_dict(...args)
  }
}

describe('names of parameters', () => {
  test.each(['keys', 'values', 'items', 'get', 'set', 'has', 'size', 'copy', '_metadata', 'then'])(
    '%s is kept, through files, copies and prefixes',
    (name) => {
      const model = new Versioned(name)
      const state = model.state_dict()
      expect(torch.OrderedDict.prototype.keys.call(state)).toEqual([name])
      for (const copy of [state, through_file(state), torch.deepcopy(state)]) {
        const other = new Versioned(name)
        torch.no_grad(() => void other.get_parameter(name).zero_())
        expect(String(other.load_state_dict(copy))).toBe(MATCHED)
        expect(other.get_parameter(name).tolist()).toEqual([1, 1])
        // The versions stand beside the keys.
        expect(other.seen).toEqual([7])
      }
      expect(() => new Versioned('other').load_state_dict(state)).toThrow(
        `Unexpected key(s) in state_dict: "${name}"`,
      )
      const plain = Object.fromEntries(torch.OrderedDict.prototype.items.call(state)) as {
        [name: string]: torch.Tensor
      }
      expect(String(new Versioned(name).load_state_dict(plain))).toBe(MATCHED)
    },
  )

  test.each(['constructor', '__proto__', 'toString', 'valueOf', 'hasOwnProperty', 'toJSON', 'forward'])(
    '%s is refused by name: every module has it',
    (name) => {
      expect(() => new Versioned(name)).toThrow(`attribute '${name}' already exists`)
      expect(() => new nn.Module().add_module(name, new nn.ReLU())).toThrow(
        `attribute '${name}' already exists`,
      )
    },
  )

  const live = live_python()
  test.skipIf(live === null)('Python reads a parameter called _metadata beside the versions', () => {
    const file = join(folder, 'python.pt')
    torch.save(new Versioned('_metadata').state_dict(), file)
    const code = `import sys, torch
state = torch.load(sys.argv[1])
print(dict(state._metadata), list(state), state['_metadata'].tolist())`
    const { stdout } = spawnSync(live!.python, ['-c', code, file], {
      env: python_env(live!),
      encoding: 'utf8',
    })
    expect(stdout.trim()).toBe("{'': {'version': 7}} ['_metadata'] [1.0, 1.0]")
  })
})

describe('a key __proto__', () => {
  const hostile = JSON.parse('{"last_epoch": 3, "__proto__": {"step": 5, "polluted": true}}') as {
    last_epoch: number
  }

  test('of a state changes no prototype', () => {
    const optimizer = new torch.optim.SGD([torch.ones(1, { requires_grad: true })], { lr: 1 })
    const schedule = new torch.optim.lr_scheduler.StepLR(optimizer, 2)
    schedule.load_state_dict(through_file({ ...schedule.state_dict(), ...hostile }))
    expect(Object.getPrototypeOf(schedule)).toBe(torch.optim.lr_scheduler.StepLR.prototype)
    expect(schedule.last_epoch).toBe(3)
    expect((schedule as { polluted?: boolean }).polluted).toBeUndefined()
  })

  test('goes through files, safetensors’ metadata and keywords as any other', () => {
    const back = through_file(hostile)
    expect(Object.keys(back)).toEqual(['last_epoch', '__proto__'])
    expect((back as { polluted?: boolean }).polluted).toBeUndefined()
    const file = join(folder, 'metadata.safetensors')
    const metadata = JSON.parse('{"__proto__": "a", "constructor": "b"}') as Record<string, string>
    torch.safetensors.save_file({ x: torch.ones(1) }, file, metadata)
    expect(JSON.stringify(torch.safetensors.safe_open(file).metadata())).toBe(JSON.stringify(metadata))
    expect(() => torch.ones(1).sum(JSON.parse('{"__proto__": 1}') as object)).toThrow(
      "sum() got an unexpected keyword argument '__proto__'",
    )
    expect(() => torch.ones(1).sum({ constructor: 1 } as object)).toThrow(
      "sum() got an unexpected keyword argument 'constructor'",
    )
  })
})
