import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as torch from 'typetorch'
import { afterAll, expect, test } from 'vitest'

const { SummaryWriter } = torch.utils.tensorboard
const folder = mkdtempSync(join(tmpdir(), 'typetorch-tensorboard-'))
afterAll(() => rmSync(folder, { recursive: true }))

// TENSORBOARD may name a folder that pip install --target filled.
const env = { ...process.env, PYTHONPATH: process.env['TENSORBOARD'] ?? join(tmpdir(), 'tb') }
const python = (script: string, ...args: string[]) =>
  spawnSync('python3', ['-c', script, ...args], { env, encoding: 'utf8' })
const has_reader = python('import tensorboard.backend.event_processing.event_accumulator').status === 0

const READ = `
import json, sys, io
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2
def hparams(acc):
    found = {}
    for tag, content in acc.PluginTagToContent('hparams').items():
        data = plugin_data_pb2.HParamsPluginData.FromString(content)
        found[tag] = str(data)
    return found
acc = EventAccumulator(sys.argv[1], size_guidance={k: 0 for k in ('scalars', 'histograms', 'images', 'tensors')})
acc.Reload()
tags = acc.Tags()
from PIL import Image
out = {'scalars': {t: [[e.step, e.value] for e in acc.Scalars(t)] for t in tags['scalars']},
       'histograms': {t: [[e.step, e.histogram_value.min, e.histogram_value.max, e.histogram_value.num, e.histogram_value.sum, e.histogram_value.sum_squares, list(e.histogram_value.bucket_limit), list(e.histogram_value.bucket)] for e in acc.Histograms(t)] for t in tags['histograms']},
       'images': {t: [[e.step, e.width, e.height, list(Image.open(io.BytesIO(e.encoded_image_string)).convert('RGB').tobytes())] for e in acc.Images(t)] for t in tags['images']},
       'texts': {t: [s.decode() for s in acc.Tensors(t)[0].tensor_proto.string_val] for t in tags['tensors'] if t.endswith('text_summary')}}
try: out['hparams'] = hparams(acc)
except KeyError: out['hparams'] = {}
print(json.dumps(out))
`
interface Read {
  scalars: Record<string, [number, number][]>
  histograms: Record<string, [number, number, number, number, number, number, number[], number[]][]>
  images: Record<string, [number, number, number, number[]][]>
  texts: Record<string, string[]>
  hparams: Record<string, string>
}
function read(path: string): Read {
  const { status, stdout, stderr } = python(READ, path)
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as Read
}

test.skipIf(!has_reader)(
  "Python's reader finds what was written",
  async () => {
    const path = join(folder, 'all')
    const writer = new SummaryWriter(path)
    for (let step = 0; step < 3; step++) writer.add_scalar('train/loss', 1 / 2 ** step, step)
    writer.add_scalar('big', torch.tensor(3n), 2 ** 40)
    writer.add_histogram('weights', torch.tensor([-1, 0.5, 0.5, 2]), 1)
    writer.add_histogram('even', [0, 1, 2, 3], 1, 2)
    await writer.add_image('red', torch.tensor([[[1, 0]], [[0, 0.5]], [[0, 0]]]), 4)
    await writer.add_image('grey', torch.tensor(new Uint8Array([0, 255])).view(1, 2), 5, {
      dataformats: 'HW',
    })
    writer.add_text('note', 'größer **fett**', 1)
    writer.add_hparams(
      { lr: 0.1, name: 'adam', nesterov: true },
      { 'hparam/loss': 0.25 },
      { run_name: 'one' },
    )
    writer.add_scalars('both', { a: 1, b: 2 }, 7)
    writer.close()

    const found = read(path)
    expect(found.scalars['train/loss']).toEqual([
      [0, 1],
      [1, 0.5],
      [2, 0.25],
    ])
    expect(found.scalars['big']).toEqual([[2 ** 40, 3]])
    const [step, min, max, num, sum, squares, limits, counts] = found.histograms['weights']![0]!
    expect([step, min, max, num, sum, squares]).toEqual([1, -1, 2, 4, 2, 5.5])
    expect(counts.reduce((total, count) => total + count)).toBe(4)
    expect(limits).toHaveLength(counts.length)
    expect(limits[0]! <= -1 && limits.at(-1)! >= 2).toBe(true)
    expect(found.histograms['even']![0]!.slice(6)).toEqual([
      [0, 1.5, 3],
      [0, 2, 2],
    ])
    expect(found.images['red']).toEqual([[4, 2, 1, [255, 0, 0, 0, 127, 0]]])
    expect(found.images['grey']).toEqual([[5, 2, 1, [0, 0, 0, 255, 255, 255]]])
    expect(found.texts).toEqual({ 'note/text_summary': ['größer **fett**'] })
    const run = read(join(path, 'one'))
    expect(run.scalars['hparam/loss']).toEqual([[0, 0.25]])
    for (const value of ['number_value: 0.1', 'string_value: "adam"', 'bool_value: true'])
      expect(run.hparams['_hparams_/session_start_info']).toContain(value)
    expect(run.hparams['_hparams_/experiment']).toContain('name: "nesterov"')
    expect(run.hparams['_hparams_/session_end_info']).toContain('STATUS_SUCCESS')
    expect(read(join(path, 'both_b')).scalars['both']).toEqual([[7, 2]])
  },
  120_000,
)

test.skipIf(!has_reader)(
  'purge_step leaves out what an earlier process wrote',
  () => {
    const path = join(folder, 'purge')
    const first = new SummaryWriter(path)
    for (let step = 0; step < 5; step++) first.add_scalar('loss', step, step)
    first.close()
    const second = new SummaryWriter(path, { purge_step: 3 })
    second.add_scalar('loss', 30, 3)
    second.close()
    expect(read(path).scalars['loss']).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
      [3, 30],
    ])
  },
  120_000,
)

test('errors', async () => {
  using writer = new SummaryWriter(join(folder, 'errors'))
  expect(() => writer.add_histogram('x', [])).toThrow('The input has no element.')
  await expect(writer.add_image('x', torch.rand(2, 2))).rejects.toThrow(
    'tensor shape: (2, 2), input_format: CHW',
  )
  await expect(writer.add_image('x', torch.rand(2, 2, 2))).rejects.toThrow(
    'an image has 1, 3 or 4 channels, and this one 2',
  )
  expect(() => writer.add_hparams({ x: [] as never }, {})).toThrow(
    "add_hparams(): 'x' must be a number, string, boolean or Tensor",
  )
})
