import { setTimeout as sleep, setImmediate as tick } from 'node:timers/promises'
import * as torch from 'typetorch'
import { afterEach, describe, expect, expectTypeOf, it } from 'vitest'
import { child_value, run_child } from '../hazards/child.js'

const w = torch.ones([2], { requires_grad: true })
/** What LibTorch does, not only what we believe. */
const records = () => w.mul(2).requires_grad
const inference = () => torch.ones(2).is_inference()

afterEach(() => {
  expect(torch.is_grad_enabled()).toBe(true)
  expect(records()).toBe(true)
  expect(inference()).toBe(false)
})

describe('as a call', () => {
  it('returns the callback’s value', () => {
    const value = torch.no_grad(() => [records(), torch.is_grad_enabled()] as const)
    expectTypeOf(value).toEqualTypeOf<readonly [boolean, boolean]>()
    expect(value).toEqual([false, false])
  })

  it('nests', () => {
    torch.no_grad(() => {
      torch.enable_grad(() => expect(records()).toBe(true))
      expect(records()).toBe(false)
      torch.set_grad_enabled(true, () => expect(records()).toBe(true))
      expect(records()).toBe(false)
    })
  })

  it('restores the mode after an exception', () => {
    for (const mode of [
      torch.no_grad,
      torch.inference_mode,
      (f: () => void) => torch.set_grad_enabled(false, f),
    ]) {
      expect(() =>
        mode(() => {
          throw new RangeError('inside')
        }),
      ).toThrow(new RangeError('inside'))
      expect(records()).toBe(true)
    }
  })

  it('inference mode stays through no_grad and enable_grad, as in Python', () => {
    torch.inference_mode(() => {
      expect([torch.is_grad_enabled(), torch.is_inference_mode_enabled(), inference()]).toEqual([
        false,
        true,
        true,
      ])
      torch.enable_grad(() =>
        expect([torch.is_grad_enabled(), torch.is_inference_mode_enabled(), inference()]).toEqual([
          true,
          true,
          true,
        ]),
      )
      torch.no_grad(() =>
        expect([torch.is_grad_enabled(), torch.is_inference_mode_enabled(), inference()]).toEqual([
          false,
          true,
          true,
        ]),
      )
      torch.inference_mode(false, () => expect([records(), inference()]).toEqual([true, false]))
    })
    torch.no_grad(() => torch.inference_mode(false, () => expect(records()).toBe(true)))
  })

  it('inference tensors are refused where gradients are recorded', () => {
    const x = torch.inference_mode(() => torch.ones(2))
    expect(() => x.mul(w)).toThrow('Inference tensors cannot be saved for backward.')
    expect(() => x.add_(1)).toThrow(
      'Inplace update to inference tensor outside InferenceMode is not allowed.',
    )
    expect(() => x.requires_grad_()).toThrow(
      'Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.',
    )
  })
})

describe('set_grad_enabled', () => {
  it('holds for good, or until the block that it was called in ends', () => {
    torch.set_grad_enabled(false)
    expect(records()).toBe(false)
    torch.enable_grad(() => {
      torch.set_grad_enabled(false)
      expect(records()).toBe(false)
    })
    torch.set_grad_enabled(true)
    torch.no_grad(() => {
      torch.set_grad_enabled(true)
      expect(records()).toBe(true)
    })
    expect(records()).toBe(true)
  })

  it('with using, until the block ends', () => {
    {
      using _ = torch.set_grad_enabled(false)
      expect(records()).toBe(false)
    }
    expect(records()).toBe(true)
  })

  it('holds outside of asynchronous callbacks while one is under way', async () => {
    torch.set_grad_enabled(false)
    const inside = torch.enable_grad(async () => {
      await tick()
      return records()
    })
    expect(records()).toBe(false)
    await tick()
    expect(records()).toBe(false)
    expect(await inside).toBe(true)
    expect(records()).toBe(false)
    torch.set_grad_enabled(true)
  })

  it('inside an asynchronous callback is that callback’s alone', async () => {
    const inside = torch.no_grad(async () => {
      torch.set_grad_enabled(true)
      const first = records()
      await tick()
      const second = records()
      torch.set_grad_enabled(false)
      await tick()
      return [first, second, records()]
    })
    expect(await inside).toEqual([true, true, false])
  })
})

describe('as an asynchronous call', () => {
  it('a mode belongs to its asynchronous context', async () => {
    const seen: string[] = []
    const look = (name: string) => seen.push(`${name}:${records()}`)
    const task = async (name: string, rounds: number) => {
      for (let i = 0; i < rounds; i++) {
        look(name)
        await (i % 2 === 0 ? tick() : sleep(1))
        look(name)
      }
      return name
    }
    const values = await Promise.all([
      torch.no_grad(() => task('off', 5)),
      task('free', 5),
      torch.enable_grad(() => task('on', 5)),
      torch.no_grad(async () => {
        await tick()
        const inner = await torch.enable_grad(() => task('on', 3))
        look('off')
        return inner
      }),
    ])
    expectTypeOf(values[0]).toBeString()
    expect(values).toEqual(['off', 'free', 'on', 'on'])
    expect(new Set(seen)).toEqual(new Set(['off:false', 'free:true', 'on:true']))
  })

  it('a rejection restores the mode', async () => {
    await expect(
      torch.no_grad(async () => {
        await tick()
        throw new RangeError('later')
      }),
    ).rejects.toThrow(new RangeError('later'))
    expect(records()).toBe(true)
  })

  it('what the callback leaves behind is no longer in the mode', async () => {
    let later: Promise<boolean> | undefined
    await torch.no_grad(async () => {
      later = sleep(20).then(records)
      await tick()
    })
    expect(await later).toBe(true)
  })

  it('inference mode too', async () => {
    const both = await Promise.all([
      torch.inference_mode(async () => {
        await tick()
        return inference()
      }),
      (async () => {
        await tick()
        return inference()
      })(),
    ])
    expect(both).toEqual([true, false])
  })
})

describe('with using', () => {
  it('until the block ends, also by an exception', () => {
    {
      using _ = torch.no_grad()
      expect(records()).toBe(false)
      {
        using _inner = torch.enable_grad()
        expect(records()).toBe(true)
      }
      expect(records()).toBe(false)
    }
    expect(() => {
      using _ = torch.inference_mode()
      throw new RangeError('inside')
    }).toThrow(RangeError)
  })

  it('blocks that end in another order leave the right mode', () => {
    const off = torch.no_grad()
    const on = torch.enable_grad()
    off[Symbol.dispose]()
    expect(records()).toBe(true)
    on[Symbol.dispose]()
    on[Symbol.dispose]()
  })

  it('one that a callback leaves open ends with the callback', async () => {
    const { stdout, stderr, code } = await run_child(`
      process.on('warning', ({ name, message }) => console.log('reported', name, message.split('\\n')[0]))
      torch.no_grad(() => { torch.enable_grad() })
      console.log(torch.is_grad_enabled(), torch.ones([1], { requires_grad: true }).mul(2).requires_grad)
      await tick()
      console.log(torch.is_grad_enabled())
    `)
    expect([code, stderr]).toEqual([0, expect.stringContaining('enable_grad() was opened')])
    expect(stdout.split('\n')).toEqual([
      'true true',
      expect.stringContaining('reported RuntimeWarning enable_grad() was opened'),
      'true',
      '',
    ])
  })

  it('one left open over an await is closed, and its block ends with an Error that names the line', async () => {
    const { stdout, code } = await run_child(`
      const report = new Promise((take) => process.once('warning', take))
      const w = torch.ones([2], { requires_grad: true })
      const seen = []
      const user = (async function my_task() {
        const guard = torch.no_grad()
        const first = w.mul(2).requires_grad
        await tick()
        seen.push(first, w.mul(2).requires_grad)
        try {
          return 'a result of neither mode'
        } finally {
          guard[Symbol.dispose]()
        }
      })()
      await null
      const meanwhile = w.mul(2).requires_grad
      const error = await user.catch((error) => error)
      const warned = await report
      const name = error.constructor.name
      console.log(JSON.stringify({ seen, meanwhile, name, message: error.message, top: error.stack.split('\\n')[1], warning: warned.message.split('\\n')[0] }))
    `)
    const message =
      "no_grad() was opened by 'using' here and was still open when the turn of the event loop ended; it was closed then, and what followed ran without it. Use no_grad(async () => {…}) around code that awaits"
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      seen: [false, true],
      meanwhile: true,
      name: 'RuntimeError',
      message,
      warning: message,
      top: expect.stringMatching(/my_task/),
    })
  })
})

describe('what sets a mode for good, by using', () => {
  it('over an await ends the block with an Error, and puts the mode back', async () => {
    const guard = torch.set_grad_enabled(false)
    await null
    expect(() => guard[Symbol.dispose]()).toThrow(
      "set_grad_enabled() was set by 'using' here over an await, for everybody else's code as well; it is put back now. Use set_grad_enabled(…, async () => {…}) around code that awaits",
    )
    expect(records()).toBe(true)
    const block = torch.set_grad_enabled(false)
    expect(records()).toBe(false)
    block[Symbol.dispose]()
    expect(records()).toBe(true)
    const for_good = torch.autograd.set_multithreading_enabled(false)
    await null
    expect(() => for_good[Symbol.dispose]()).toThrow('set_multithreading_enabled() was set')
    expect(torch.autograd.is_multithreading_enabled()).toBe(true)
  })
})

describe('generators', () => {
  it('the mode at next() counts', () => {
    const rows = (function* () {
      yield records()
      yield records()
    })()
    expect(torch.no_grad(() => rows.next().value)).toBe(false)
    expect(rows.next().value).toBe(true)
  })

  it('an asynchronous one too', async () => {
    async function* rows() {
      yield records()
      await tick()
      yield records()
    }
    const inside = torch.no_grad(async () => {
      const seen: boolean[] = []
      for await (const seen_here of rows()) seen.push(seen_here)
      return seen
    })
    expect(await inside).toEqual([false, false])
  })
})

describe('in a worker thread', () => {
  it('modes are its own', async () => {
    expect(
      await child_value(`
      const worker = start_worker(\`
        const w = torch.ones([2], { requires_grad: true })
        const seen = [w.mul(2).requires_grad, torch.no_grad(() => w.mul(2).requires_grad)]
        seen.push(await torch.no_grad(async () => { await tick(); return w.mul(2).requires_grad }), w.mul(2).requires_grad)
        parentPort.postMessage(seen)\`)
      const seen = await torch.no_grad(() => message(worker))
      console.log(JSON.stringify(seen))
    `),
    ).toEqual([true, false, false, true])
  })
})
