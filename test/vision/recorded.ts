import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as torch from 'typetorch'
import { expect, it } from 'vitest'
import { run_python } from '../helpers/python.js'

/** The same work as torchvision's Python expression, and here. */
export type Row = readonly [python: string, ours: () => unknown]

const file = new URL('torchvision.json', import.meta.url)

interface Recorded {
  versions: string[]
  capability: string
  answers: Record<string, unknown>
}

// torchvision's own operators are compiled for one build of torch, and nothing here calls them.
const PYTHON = `
import hashlib, json, sys, types, warnings
sys.path.insert(0, sys.argv[2])
for name in ('_meta_registrations', '_autograd_registrations'):
    sys.modules['torchvision.' + name] = types.ModuleType(name)
warnings.simplefilter('ignore')
import PIL.Image, torch, torchvision
from torchvision import transforms as T, models, utils, datasets
from torchvision.transforms import functional as F
from torchvision.transforms.v2 import functional as F2
from PIL import Image
torch.set_num_threads(1)
def image(mode, width, height):
    size = {'L': 1, 'LA': 2, 'RGB': 3, 'RGBA': 4, 'P': 1, '1': 1, 'I;16': 2, 'I': 4, 'F': 4, 'CMYK': 4}[mode]
    data = bytes((i * i * 7 + i * 13 + (i >> 3) * 31) % 256 for i in range(width * height * size))
    if mode == '1': return Image.frombytes('L', (width, height), bytes(255 * (b & 1) for b in data)).point(lambda v: v, '1')
    made = Image.frombytes(mode, (width, height), data)
    if mode == 'P': made.putpalette([(i * 37) % 256 for i in range(768)])
    return made
def hashed(data): return hashlib.sha256(data).hexdigest()[:24]
def raw(t): return t.detach().contiguous().numpy().tobytes()
def described(v):
    if isinstance(v, PIL.Image.Image): return ['image', v.mode, list(v.size), hashed(v.convert('L').tobytes() if v.mode == '1' else v.tobytes())]
    if isinstance(v, torch.Tensor): return [str(v.dtype), list(v.shape), hashed(raw(v))]
    if isinstance(v, (list, tuple)): return [described(item) for item in v]
    if v is None or isinstance(v, (bool, int, float, str)): return v
    return str(v)
def state(model): return [list(model.state_dict()), hashed(b''.join(raw(v) for v in model.state_dict().values()))]
def scores(model, *shape):
    model.eval()
    with torch.no_grad(): return model(torch.rand(*shape))
answers = {}
for expression in json.load(open(sys.argv[1])):
    torch.manual_seed(3)
    try: answers[expression] = described(eval(expression))
    except Exception as e: answers[expression] = {'error': type(e).__name__, 'message': str(e).split('\\n')[0]}
versions = ['torch ' + torch.__version__.split('+')[0], 'torchvision ' + torchvision.__version__.split('+')[0], 'pillow ' + PIL.__version__]
print(json.dumps({'versions': versions, 'capability': torch.backends.cpu.get_cpu_capability(), 'answers': answers}))
`

/** An image whose bytes follow a formula, as the one of that name in Python. */
export function image(
  mode: Exclude<torch.vision.Mode, 'PA' | 'I;16B'>,
  width: number,
  height: number,
): torch.vision.Image {
  const size = { L: 1, LA: 2, RGB: 3, RGBA: 4, P: 1, '1': 1, 'I;16': 2, I: 4, F: 4, CMYK: 4 }[mode]
  const data = Uint8Array.from({ length: width * height * size }, (_, i) => {
    const byte = (i * i * 7 + i * 13 + (i >> 3) * 31) % 256
    return mode === '1' ? 255 * (byte & 1) : byte
  })
  const palette = Uint8Array.from({ length: 768 }, (_, i) => (i * 37) % 256)
  return new torch.vision.Image(mode, width, height, data, mode === 'P' ? { palette } : {})
}

const hashed = (...parts: Uint8Array[]) => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex').slice(0, 24)
}

function bytes(tensor: torch.Tensor): Uint8Array {
  const { buffer, byteOffset, byteLength } = tensor.detach().typed_array({ copy: true })
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/** A model's names, and a hash of all that it holds. */
export function state(model: torch.nn.Module): [string[], string] {
  const items = model.state_dict().items()
  return [items.map(([name]) => name), hashed(...items.map(([, value]) => bytes(value)))]
}

function described(value: unknown): unknown {
  if (value instanceof torch.vision.Image) return ['image', value.mode, value.size, hashed(value.data)]
  if (value instanceof torch.Tensor) return [String(value.dtype), value.shape, hashed(bytes(value))]
  if (Array.isArray(value)) return value.map(described)
  return value ?? null
}

function outcome(ours: () => unknown): unknown {
  const threads = torch.get_num_threads()
  torch.set_num_threads(1)
  torch.manual_seed(3)
  try {
    return described(ours())
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return { error: error.name, message: error.message.split('\n')[0] }
  } finally {
    torch.set_num_threads(threads)
  }
}

function recorded(expressions: string[]): Recorded {
  const known = JSON.parse(readFileSync(file, 'utf8')) as Recorded
  // A folder with torchvision and pillow: the cases are recorded anew.
  const folder = process.env['TORCHVISION']
  if (folder === undefined) return known
  const path = join(mkdtempSync(join(tmpdir(), 'torchvision-')), 'rows.json')
  writeFileSync(path, JSON.stringify(expressions))
  const fresh = run_python(PYTHON, [path, folder]) as Recorded
  const all = { ...fresh, answers: { ...known.answers, ...fresh.answers } }
  writeFileSync(file, `${JSON.stringify(all, null, 1)}\n`)
  return all
}

/**
 * A test for each row: what torchvision answered, to the last bit, drawn under `manual_seed(3)`. Floats are compared
 * where the processor's instructions are those that they were recorded with.
 */
export function compare_recorded(rows: readonly Row[]): void {
  const { answers, capability } = recorded(rows.map(([python]) => python))
  const same = torch.backends.cpu.get_cpu_capability() === capability
  it.each(rows)('%s', (python, ours) => {
    const expected = answers[python]
    expect(expected).toBeDefined()
    const found = outcome(ours)
    const is_float = JSON.stringify(expected).includes('torch.float')
    if (same || !is_float) expect(found).toEqual(expected)
    else expect((found as unknown[]).slice(0, 2)).toEqual((expected as unknown[]).slice(0, 2))
  })
}
