import { spawn } from 'node:child_process'
import { request } from 'node:http'
import { fileURLToPath } from 'node:url'
import { Trainer, type TrainerOptions } from 'typetorch'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { make_training } from './loop.js'

function make(options: TrainerOptions = {}) {
  const training = make_training()
  const trainer = new Trainer(training.model, training.optimizer, { progress: false, ...options })
  return { ...training, trainer }
}
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('between_steps', () => {
  test('runs after the step under way, and no step runs meanwhile', async () => {
    const { trainer, x0, step } = make({ max_steps: 30, yield_every_ms: 0 })
    let in_step = false
    const training = trainer.fit([x0], async (batch) => {
      in_step = true
      await sleep(5)
      in_step = false
      return step(batch)
    })
    await sleep(20)
    const value = await trainer.between_steps(async () => {
      expect(in_step).toBe(false)
      const before = trainer.global_step
      await sleep(60)
      expect([in_step, trainer.global_step]).toEqual([false, before])
      return before
    })
    expectTypeOf(value).toEqualTypeOf<number>()
    expect(await training).toHaveLength(30)
    expect(trainer.global_step).toBe(30)
  })

  test('holds training until the last of several is done, and gives what each gives', async () => {
    const { trainer, x0, step } = make({ max_steps: 1e6, yield_every_ms: 0 })
    const training = trainer.fit([x0], step)
    await sleep(20)
    const seen: number[] = []
    const one = (ms: number) =>
      trainer.between_steps(async () => {
        await sleep(ms)
        seen.push(trainer.global_step)
        return ms
      })
    expect(await Promise.all([one(60), one(20), one(40)])).toEqual([60, 20, 40])
    expect(new Set(seen).size).toBe(1)
    await sleep(60)
    expect(trainer.global_step).toBeGreaterThan(seen[0]!)
    trainer.stop()
    await training
  })

  test('begins at once where training does not run, or is paused', async () => {
    const { trainer, x0, step } = make({ max_steps: 1e6, yield_every_ms: 0 })
    expect(await trainer.between_steps(() => 3)).toBe(3)
    const training = trainer.fit([x0], step)
    await sleep(20)
    trainer.pause()
    expect(await trainer.between_steps(() => 4)).toBe(4)
    const at = trainer.global_step
    await sleep(60)
    // Still paused, though the guest has gone.
    expect(trainer.global_step).toBe(at)
    trainer.resume()
    await sleep(60)
    expect(trainer.global_step).toBeGreaterThan(at)
    trainer.stop()
    await training
  })

  test('passes an error on, and training goes on', async () => {
    const { trainer, x0, step } = make({ max_steps: 20, yield_every_ms: 0 })
    const training = trainer.fit([x0], step)
    const failing = trainer.between_steps(() => {
      throw new Error('from the request')
    })
    await expect(failing).rejects.toThrow('from the request')
    expect(await training).toHaveLength(20)
  })

  test('runs where training ends, fails or is stopped before its turn', async () => {
    const failing = make()
    const training = failing.trainer.fit([failing.x0], async () => {
      await sleep(20)
      throw new Error('from the step')
    })
    await sleep(5)
    const request = failing.trainer.between_steps(() => 'answered')
    await expect(training).rejects.toThrow('from the step')
    expect(await request).toBe('answered')

    const stopped = make({ max_steps: 1e6 })
    const stopping = stopped.trainer.fit([stopped.x0], stopped.step)
    const late = stopped.trainer.between_steps(() => 'late')
    stopped.trainer.stop()
    await stopping
    expect(await late).toBe('late')
  })

  test('runs between the batches of a validation', async () => {
    const { trainer, x0, step } = make({ yield_every_ms: 0 })
    let validated = 0
    const validation = Array.from({ length: 50 }, () => x0)
    const training = trainer.fit([x0], step, {
      validation,
      validation_step: async (batch) => {
        validated++
        await sleep(2)
        return step(batch)
      },
    })
    while (validated < 5) await sleep(1)
    const at = await trainer.between_steps(() => validated)
    expect(at).toBeLessThan(20)
    await training
    expect(validated).toBe(50)
  })
})

test('yield_every_ms: 0 gives timers their turn after each batch, and a large number hardly ever', async () => {
  const turns_of = async (yield_every_ms: number) => {
    const { trainer, x0, step } = make({ max_steps: 50, yield_every_ms })
    let turns = 0
    let counts = true
    const count = () => {
      turns++
      if (counts) setImmediate(count)
    }
    setImmediate(count)
    await trainer.fit([x0], step)
    counts = false
    return turns
  }
  expect(await turns_of(0)).toBeGreaterThanOrEqual(50)
  expect(await turns_of(1e9)).toBeLessThan(5)
  expect(() => make({ yield_every_ms: -1 })).toThrow(
    "Trainer(): argument 'yield_every_ms' must be a number of at least 0, but got -1",
  )
  // @ts-expect-error -- a text
  expect(() => make({ yield_every_ms: '5' })).toThrow(
    "Trainer(): argument 'yield_every_ms' must be a number, not string",
  )
})

interface Answer {
  wait_ms: number
  steps: number
}

function ask(port: number, own_ms: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const started = performance.now()
    // A connection, a head and a body of its own: what takes the most turns of the event loop.
    const asking = request({ port, host: '127.0.0.1', method: 'POST', agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += String(chunk)
      })
      response.on('end', () =>
        resolve({
          wait_ms: performance.now() - started - own_ms,
          ...(JSON.parse(text) as { steps: number }),
        }),
      )
    })
    asking.on('error', reject)
    asking.end('{}')
  })
}

test('a sample served beside a training waits for less than 200 ms', async () => {
  const [step_ms, own_ms] = [100, 40]
  const program = fileURLToPath(new URL('serving-program.ts', import.meta.url))
  const args = ['--import', 'tsx', program, 'between steps', String(step_ms), String(own_ms)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = await new Promise<number>((resolve) =>
    child.stdout.once('data', (data) => resolve(Number(data))),
  )
  const answers: Answer[] = []
  for (let i = 0; i < 15; i++) {
    answers.push(await ask(port, own_ms))
    await sleep(100 + 17 * (i % 5))
  }
  const ended = new Promise((resolve) => child.once('close', resolve))
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
  const waits = answers.map(({ wait_ms }) => wait_ms).sort((a, b) => a - b)
  expect(waits[waits.length >> 1], String(waits)).toBeLessThan(200)
  // Training went on meanwhile.
  expect(answers.at(-1)!.steps - answers[0]!.steps).toBeGreaterThanOrEqual(10)
}, 60_000)
