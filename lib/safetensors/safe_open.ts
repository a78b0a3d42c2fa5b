import { Device, type DeviceLike } from '../device.js'
import type { DType } from '../dtype.js'
import { key_error, runtime_error, value_error } from '../errors.js'
import { IDENTITY, next_identity } from '../identity.js'
import { keyword, of_objects, optional, required } from '../python/parameters.js'
import { callable, type KeywordsOf, signature } from '../python/signature.js'
import type { LoadLimits } from '../serialization/limits.js'
import { map_file } from '../serialization/read_storage.js'
import { open_source, path_of, type Source } from '../serialization/source.js'
import type { IndexItem } from '../tensor/indexing.js'
import type { Tensor } from '../tensor.js'
import { type Header, read_header, type TensorInfo } from './header.js'
import { put, read_part, read_tensor } from './read_tensor.js'

const SAFE_OPEN = signature(
  'safe_open',
  { filename: required<string | URL>() },
  {
    /** `'pt'`, `'torch'` or `'pytorch'`: what the tensors are. Default: `'pt'`. */
    framework: optional<string>('pt'),
  },
  {
    /** Where the tensors are put. Default: `'cpu'`. */
    device: optional<DeviceLike>('cpu'),
  },
  {
    /**
     * Whether tensors are memory of the file, read when they are used first: the file must not be changed then, see
     * docs/hazards.md. Default: false.
     */
    mmap: keyword(false),
  },
  {
    /** What reading the file may take. Default: what `torch.serialization.set_default_load_limits` says. */
    limits: of_objects(keyword<LoadLimits | null>(null)),
  },
)

/** Options of {@link safe_open}. */
export type SafeOpenOptions = Omit<KeywordsOf<typeof SAFE_OPEN>, 'filename'>

/** An open safetensors file; see {@link safe_open}. */
export class SafeOpen implements Disposable {
  /** @internal */
  readonly [IDENTITY]: string = next_identity()
  readonly #source: Source
  readonly #header: Header
  readonly #device: DeviceLike
  readonly #mmap: boolean
  #mapped: Tensor | null = null
  #is_closed = false

  /** @param filename path of the file */
  constructor(
    filename: string,
    device: DeviceLike,
    mmap = false,
    limits: LoadLimits | null = null,
    operator = 'safe_open',
  ) {
    this.#device = device
    this.#mmap = mmap
    this.#source = open_source(operator, filename, 'filename', limits)
    try {
      this.#header = read_header(this.#source)
    } catch (error) {
      this.#source.close()
      throw error
    }
  }

  /** The names of all tensors, in alphabetical order. */
  keys(): string[] {
    return [...this.#tensors().keys()].sort()
  }

  /** The names of all tensors, in the order of their bytes. */
  offset_keys(): string[] {
    return [...this.#tensors().keys()]
  }

  /** What the file says of itself; null where it says nothing. */
  metadata(): Record<string, string> | null {
    return this.#header.metadata === null ? null : { ...this.#header.metadata }
  }

  /** A tensor by its name: a copy, or with `mmap` memory of the file, of which nothing is read before it is used. */
  get_tensor(name: string): Tensor {
    return put(this.#read(name), this.#device)
  }

  /**
   * A part of a tensor: `get_slice('weight').at('0:10')`. Of the first dimension only the rows are read that a number or a
   * slice names.
   */
  get_slice(name: string): TensorSlice {
    const info = this.#find(name)
    return new TensorSlice(info, (index) => {
      this.#find(name)
      const part = this.#mmap ? this.#read(name).at(...index) : read_part(this.#source, info, index)
      return put(part, this.#device)
    })
  }

  /** Closes the file. Tensors that were got from it stay as they are. */
  close(): void {
    if (this.#is_closed) return
    this.#is_closed = true
    this.#mapped = null
    this.#source.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #read(name: string): Tensor {
    const info = this.#find(name)
    if (this.#mmap && info.bytes > 0) this.#mapped ??= map_file(this.#source)
    return read_tensor(this.#source, this.#mapped, info)
  }

  #tensors(): Header['tensors'] {
    if (this.#is_closed) throw runtime_error(`File is not open: '${this.#source.name}'`)
    return this.#header.tensors
  }

  #find(name: string): TensorInfo {
    const info = this.#tensors().get(name)
    if (info === undefined) throw key_error(`File does not contain tensor ${name} ('${this.#source.name}')`)
    return info
  }
}

/** A tensor of an open file of which parts can be read; see {@link SafeOpen.get_slice}. */
export class TensorSlice {
  /** @internal */
  readonly [IDENTITY]: string = next_identity()
  readonly #info: TensorInfo
  readonly #read: (index: IndexItem[]) => Tensor

  /** @param info what the file says of it */
  constructor(info: TensorInfo, read: (index: IndexItem[]) => Tensor) {
    this.#info = info
    this.#read = read
  }

  get_shape(): number[] {
    return [...this.#info.shape]
  }

  get_dtype(): DType {
    return this.#info.dtype
  }

  /** The part that an index gives, as {@link Tensor.at}. */
  at(...index: IndexItem[]): Tensor {
    return this.#read(index)
  }
}

/**
 * Opens a safetensors file to read tensors by name. Only its header is read; a tensor's bytes are, when it is asked for.
 * A file that nobody closed is closed when its object is collected.
 *
 * @param filename path of the file
 * @param framework what the tensors are: `'pt'`, `'torch'` or `'pytorch'`. Default: 'pt'
 * @param device where the tensors are put. Default: 'cpu'
 * @param mmap whether tensors are memory of the file, which must not be changed then: see docs/hazards.md. Default: false
 * @param limits what reading the file may take, see `LoadLimits` of torch.serialization
 * @throws RuntimeError where the header is damaged; it says where
 * @throws BudgetError where the header would take more than a limit, which it names
 *
 * @example
 * ```ts
 * using file = torch.safetensors.safe_open('model.safetensors')
 * file.keys() // ['bias', 'weight']
 * file.get_tensor('weight')
 * ```
 * @see https://huggingface.co/docs/safetensors/api/torch
 */
export const safe_open = callable(SAFE_OPEN, (filename, framework, device, mmap, limits): SafeOpen => {
  if (!['pt', 'torch', 'pytorch'].includes(String(framework))) {
    throw value_error(`safe_open(): argument 'framework' must be 'pt', not '${String(framework)}'`)
  }
  if (typeof device === 'string') new Device(device)
  return new SafeOpen(path_of('safe_open', filename, 'filename'), device, mmap, limits)
})
