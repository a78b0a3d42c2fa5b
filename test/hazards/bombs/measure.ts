import { type Ended, run_child } from '../child.js'
import type { Reader } from './bomb.js'

/** What reading a file came to. */
export interface Measured {
  /** An Error's `name: message`, or `value`. */
  ended: string
  seconds: number
  /** The most memory above what the process had before, in MB. */
  megabytes: number
}

const READERS: Readonly<Record<Reader, string>> = {
  load: 'torch.load(path)',
  mmap: 'torch.load(path, { mmap: true })',
  unsafe_globals: 'torch.serialization.get_unsafe_globals_in_checkpoint(path)',
  load_file: 'torch.safetensors.load_file(path)',
  get_slice: 'torch.safetensors.safe_open(path).keys()',
  npy: 'torch.utils.npy.load(path)',
  npz: 'torch.utils.npy.load_npz(path)',
  open: 'torch.vision.Image.open(path)',
  decode: 'torch.vision.io.decode_image(path)',
  mnist: 'new torch.vision.datasets.MNIST(path)',
  cifar: 'new torch.vision.datasets.CIFAR10(path)',
}

// A file is read once before, so that what is loaded late is not counted: sharp above all.
const body = (reader: Reader, path: string) => `
const path = ${JSON.stringify(path)}
const image = new torch.vision.Image('L', 1, 1, new Uint8Array(1))
await torch.vision.io.decode_image(await torch.vision.io.encode_png(torch.zeros([1, 8, 8], { dtype: torch.uint8 })))
torch.zeros(1 << 16).clone()
const most = () => process.resourceUsage().maxRSS / 1024
const before = most()
const started = performance.now()
let outcome = 'value'
try {
  await ${READERS[reader]}
} catch (error) {
  outcome = error instanceof Error ? error.name + ': ' + error.message.slice(0, 300) : 'no Error: ' + String(error)
}
console.log(JSON.stringify({ ended: outcome, seconds: (performance.now() - started) / 1000, megabytes: most() - before }))
`

/** Reads a file in a process of its own; the process's end where it did not outlive that. */
export async function measure(reader: Reader, path: string): Promise<Measured> {
  const child: Ended = await run_child(body(reader, path), { most_ms: 60_000 })
  const line = child.stdout.trim().split('\n').at(-1)
  if (child.code === 0 && line) return JSON.parse(line) as Measured
  const how = child.hung ? 'killed after 60 s' : `ended with ${child.code ?? child.signal}`
  return { ended: `${how}: ${child.stderr.slice(-500)}`, seconds: Number.NaN, megabytes: Number.NaN }
}
