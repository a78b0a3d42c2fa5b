import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import * as torch from 'typetorch'
import { diffusion } from 'typetorch'
import { afterAll, describe, expect, test } from 'vitest'
import { load_image } from '../../examples/tutorial/images.js'
import { live_torch, run_python } from '../helpers/python.js'
import { ROOT, run_program } from './programs.js'

const TRAIN = join(ROOT, 'examples/tutorial/train.ts')
const SAMPLE = join(ROOT, 'examples/tutorial/sample.ts')
const MANDRILL = join(ROOT, 'node_modules/baboon-image/baboon.png')

const folder = mkdtempSync(join(tmpdir(), 'typetorch-tutorial-'))
const threads_before = torch.get_num_threads()
afterAll(() => {
  torch.set_num_threads(threads_before)
  rmSync(folder, { recursive: true })
})

interface Summary {
  options: Record<string, unknown>
  versions: Record<string, unknown>
  stopped?: string
  seconds: number
  loss_history: number[]
}
const summary_of = (out: string) => JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')) as Summary
const RESULTS = ['checkpoints', 'loss.png', 'model.pt', 'sample.png', 'summary.json']

async function size_of(path: string) {
  const { format, width, height } = await sharp(path).metadata()
  return [format, width, height]
}

// The tutorial's loop written out.
async function plain_losses(iterations: number, size: number): Promise<number[]> {
  torch.set_num_threads(1)
  torch.manual_seed(0)
  const x0 = await load_image(MANDRILL, size)
  const noise_scheduler = new diffusion.NoiseScheduler()
  const model = new diffusion.Model()
  const optimizer = new torch.optim.Adam(model.parameters(), { lr: 1e-3 })
  return Array.from({ length: iterations }, () => {
    optimizer.zero_grad()
    const noise = torch.randn_like(x0)
    const t = torch.randint(0, noise_scheduler.steps, [1, 1])
    const loss = torch.nn.functional.mse_loss(model(noise_scheduler.add_noise(x0, t, noise), t), noise)
    loss.backward()
    optimizer.step()
    return loss.item()
  })
}

describe('train.ts', () => {
  test('writes the curve, the model, an image and a summary', async () => {
    const out = join(folder, 'new', 'train')
    const run = await run_program(TRAIN, [
      '--size',
      '16',
      '--iterations',
      '3',
      '--threads',
      '1',
      '--out',
      out,
    ])
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(run.stdout).toMatch(
      /^Iteration 0, Loss \d+\.\d+, lr 0.001, .*\nIteration 2, Loss .*\nTrained 3 steps .*\nTrained 3 iterations in \d+\.\d s/,
    )
    expect(readdirSync(out).sort()).toEqual(RESULTS)
    expect(await size_of(join(out, 'loss.png'))).toEqual(['png', 960, 600])
    expect(await size_of(join(out, 'sample.png'))).toEqual(['png', 16, 16])

    const { options, versions, seconds, loss_history } = summary_of(out)
    expect(loss_history).toEqual(await plain_losses(3, 16))
    expect(options).toMatchObject({
      size: 16,
      iterations: 3,
      steps: 24,
      betaStart: 1e-4,
      betaEnd: 0.6,
      lr: 1e-3,
    })
    expect(versions).toMatchObject({ torch: torch.__version__, threads: 1 })
    expect(seconds).toBeGreaterThan(0)

    const state = torch.load(join(out, 'model.pt')) as torch.nn.StateDict
    expect(new diffusion.Model().load_state_dict(state)).toMatchObject({
      missing_keys: [],
      unexpected_keys: [],
    })
    if (!live_torch()) return
    const read = `import json, sys, torch; print(json.dumps({k: v.tolist() for k, v in torch.load(sys.argv[1], weights_only=True).items()}))`
    const in_python = run_python(read, [join(out, 'model.pt')]) as Record<string, unknown>
    expect(in_python).toEqual(
      Object.fromEntries(state.items().map(([name, value]) => [name, value.tolist()])),
    )
  }, 300_000)

  test('draws title, axes and labels, without any of the machine’s fonts', async () => {
    const chart = join(folder, 'chart.png')
    const { save_loss_chart } = await import('../../examples/tutorial/chart.js')
    await save_loss_chart([3, 2, 1], chart)
    // Dark pixels in a part of the image: letters, where there are any.
    const dark = async (left: number, top: number, width: number, height: number) => {
      const pixels = await sharp(chart).extract({ left, top, width, height }).greyscale().raw().toBuffer()
      return pixels.filter((pixel) => pixel < 128).length / pixels.length
    }
    const title = await dark(400, 18, 160, 26)
    expect(title).toBeGreaterThan(0.1)
    // A box in place of each letter would be a frame, or all dark.
    expect(title).toBeLessThan(0.6)
    expect(await dark(460, 562, 90, 22)).toBeGreaterThan(0.05)
    expect(await dark(14, 260, 24, 70)).toBeGreaterThan(0.05)
    expect(await dark(0, 0, 300, 50)).toBe(0)
  })

  test('stops at Ctrl-C after the step and writes what there is', async () => {
    const out = join(folder, 'interrupted')
    const args = ['--size', '16', '--iterations', '1000000', '--threads', '1', '--out', out]
    let sent = false
    const run = await run_program(TRAIN, args, {
      on_output(all, kill) {
        if (sent || !all.includes('Iteration 100')) return
        sent = true
        kill('SIGINT')
      },
    })
    expect(run).toMatchObject({ code: 130, stderr: '' })
    expect(readdirSync(out).sort()).toEqual(RESULTS)
    const { stopped, loss_history } = summary_of(out)
    expect(stopped).toBe('SIGINT')
    expect(loss_history.length).toBeGreaterThan(100)
    expect(run.stdout).toContain(`Stopped by SIGINT after ${loss_history.length} iterations`)
  }, 300_000)

  test('killed and resumed, it is the undisturbed run', async () => {
    const out = join(folder, 'killed')
    const args = ['--size', '16', '--iterations', '20000', '--threads', '1', '--out', out]
    let sent = false
    const killed = await run_program(TRAIN, args, {
      on_output(all, kill) {
        if (sent || !all.includes('Iteration 200')) return
        sent = true
        kill('SIGINT')
      },
    })
    expect(killed.code).toBe(130)
    const before = summary_of(out).loss_history
    const iterations = before.length + 20
    const again = await run_program(TRAIN, ['--resume', ...args, '--iterations', String(iterations)])
    expect(again).toMatchObject({ code: 0, stderr: '' })
    expect(again.stdout).toContain(`Going on from step ${before.length} (`)
    expect(summary_of(out).loss_history).toEqual(await plain_losses(iterations, 16))
  }, 300_000)

  const no_image = join(folder, 'no-image.png')
  writeFileSync(no_image, 'text')
  test.each([
    [['--iteration', '3'], "unknown option '--iteration'; --help lists the options"],
    [
      ['--iterations', 'many'],
      "option '--iterations <n>' argument 'many' is invalid: expected a whole number of at least 1; --help lists the options",
    ],
    [
      ['--beta-end', '1'],
      "option '--beta-end <beta>' argument '1' is invalid: expected a number of at least 0 and below 1; --help lists the options",
    ],
    [
      ['--image', '/no/such.png'],
      "/no/such.png cannot be read as an image: ENOENT: no such file or directory, open '/no/such.png'",
    ],
    [['--image', no_image], `${no_image} cannot be read as an image: it is no JPEG, PNG, WebP, GIF or TIFF`],
    [['--out', join(no_image, 'out')], `no folder '${join(no_image, 'out')}' can be made: `],
  ])(
    'refuses %j in one sentence',
    async (args, sentence) => {
      const { code, stdout, stderr } = await run_program(TRAIN, args)
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr.startsWith(sentence)).toBe(true)
      expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    },
    60_000,
  )

  test('lists its options', async () => {
    const { code, stdout } = await run_program(TRAIN, ['--help'])
    expect(code).toBe(0)
    const listed = [...stdout.matchAll(/^ {2}(?:-h, )?--([a-z-]+)/gm)].map(([, name]) => name)
    expect(listed).toEqual([
      'image',
      'size',
      'iterations',
      'steps',
      'beta-start',
      'beta-end',
      'lr',
      'seed',
      'threads',
      'device',
      'out',
      'resume',
      'help',
    ])
  })
})

describe('sample.ts', () => {
  test('writes the three scripts’ images', async () => {
    const out = join(folder, 'sample')
    const args = ['--iterations', '5', '--count', '3', '--threads', '1', '--out', out]
    args.push('--unet-iterations', '2', '--unet-steps', '30', '--batch-size', '4')
    expect(await run_program(SAMPLE, args)).toMatchObject({ code: 0, stderr: '' })
    expect(readdirSync(out).sort()).toEqual([
      'overfit-loss.png',
      'overfit-steps.png',
      'overfit.png',
      'overfit.pt',
      'square.png',
      'unet-data.png',
      'unet-loss.png',
      'unet-steps.png',
      'unet.png',
      'unet.pt',
      'untrained-steps.png',
      'untrained.png',
    ])
    expect(await size_of(join(out, 'overfit.png'))).toEqual(['png', 3 * 66 + 2, 68])
    expect(await size_of(join(out, 'untrained-steps.png'))).toEqual(['png', 5 * 66 + 2, 5 * 66 + 2])
    expect(await size_of(join(out, 'square.png'))).toEqual(['png', 64, 64])
    expect(await size_of(join(out, 'unet.png'))).toEqual(['png', 3 * 130 + 2, 132])
    const no_digits = await run_program(SAMPLE, ['--script', 'unet', '--mnist', out, '--out', out])
    expect(no_digits).toMatchObject({ code: 2, stdout: '' })
    expect(no_digits.stderr).toContain('Dataset not found: train-images-idx3-ubyte')
  }, 300_000)

  test('--script takes one of them', async () => {
    const out = join(folder, 'untrained')
    expect(await run_program(SAMPLE, ['--script', 'untrained', '--out', out])).toMatchObject({ code: 0 })
    expect(readdirSync(out).sort()).toEqual(['untrained-steps.png', 'untrained.png'])
    const wrong = await run_program(SAMPLE, ['--script', 'both'])
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toBe(
      "option '--script <name>' argument 'both' is invalid: allowed choices are untrained, overfit, unet; --help lists the options\n",
    )
  }, 120_000)
})

describe('images', () => {
  test('colours lie between -1 and 1, rows before columns', async () => {
    const path = join(folder, 'two.png')
    await sharp(Buffer.from([255, 0, 0, 0, 255, 0]), { raw: { width: 2, height: 1, channels: 3 } })
      .png()
      .toFile(path)
    const image = await load_image(path)
    expect(image.tolist()).toEqual([[[[1, -1]], [[-1, 1]], [[-1, -1]]]])
    expect(image.is_contiguous()).toBe(true)
  })

  test('transparency goes and grey becomes three colours', async () => {
    const path = join(folder, 'grey.png')
    await sharp(Buffer.from([255, 128]), { raw: { width: 1, height: 1, channels: 2 } })
      .png()
      .toFile(path)
    expect((await load_image(path)).tolist()).toEqual([[[[1]], [[1]], [[1]]]])
  })

  test('an SVG is refused by its content, and a file that is another one since is read again', async () => {
    const path = join(folder, 'drawing.png')
    writeFileSync(path, '<svg xmlns="http://www.w3.org/2000/svg" width="30000" height="30000"/>')
    await expect(load_image(path)).rejects.toThrow(`${path} cannot be read as an image: it is no JPEG`)
    for (const [background, red] of [
      ['red', 1],
      ['blue', -1],
    ] as const) {
      const create = { width: 2, height: 2, channels: 3 as const, background }
      writeFileSync(path, await sharp({ create }).webp({ lossless: true }).toBuffer())
      expect((await load_image(path)).at(0, 0, 0, 0).item()).toBe(red)
    }
  })

  test('the mandrill is 512 x 512', async () => {
    expect((await load_image(MANDRILL)).shape).toEqual([1, 3, 512, 512])
    expect((await load_image(MANDRILL, 24)).shape).toEqual([1, 3, 24, 24])
  })
})
