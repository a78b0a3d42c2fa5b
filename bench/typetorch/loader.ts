// Epochs over images that take a while to decode, without workers and with two, in turns: seconds an epoch.
import * as torch from 'typetorch'
import { read_flags } from './child.js'
import { Decoding, rounds_for } from './decoding.js'

const DECODE_MS = 5

const { iterations, samples } = read_flags()
const dataset = new Decoding(samples, rounds_for(DECODE_MS))
const worker_module = new URL('./decoding.js', import.meta.url)
const none = new torch.utils.data.DataLoader(dataset, { batch_size: 16 })
const two = new torch.utils.data.DataLoader(dataset, {
  batch_size: 16,
  num_workers: 2,
  persistent_workers: true,
  worker_module,
})

function epoch(loader: Iterable<torch.Tensor>): number {
  const begin = performance.now()
  let batches = 0
  for (const batch of loader) batches += batch.size(0)
  if (batches !== samples) throw new Error(`read ${batches} samples of ${samples}`)
  return (performance.now() - begin) / 1000
}

const begin = performance.now()
for (const _ of new torch.utils.data.DataLoader(torch.ones(2), { num_workers: 2 }));
const start = (performance.now() - begin) / 1000
epoch(two)
const epochs = Array.from({ length: iterations }, () => [epoch(none), epoch(two)])
console.log(JSON.stringify({ epochs, start }))
