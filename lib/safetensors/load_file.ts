import { Device, type DeviceLike } from '../device.js'
import { keyword, of_objects, optional, required } from '../python/parameters.js'
import { callable, type KeywordsOf, signature } from '../python/signature.js'
import { Dict, settle } from '../serialization/dict.js'
import type { LoadLimits } from '../serialization/limits.js'
import { open_source, path_of } from '../serialization/source.js'
import type { Tensor } from '../tensor.js'
import { read_header } from './header.js'
import { read_tensor } from './read_tensor.js'
import { SafeOpen } from './safe_open.js'

const LOAD_FILE = signature(
  'load_file',
  { filename: required<string | URL>() },
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

/** Options of {@link load_file}. */
export type LoadFileOptions = Omit<KeywordsOf<typeof LOAD_FILE>, 'filename'>

/**
 * Loads all tensors of a safetensors file.
 *
 * @param filename path of the file
 * @param device where the tensors are put. Default: 'cpu'
 * @param mmap whether tensors are memory of the file, which must not be changed then: see docs/hazards.md. Changes of a
 *   tensor never go to the file. Default: false, unlike Python's, which maps
 * @param limits what reading the file may take, see `LoadLimits` of torch.serialization
 * @returns the tensors by name, in the order of their bytes
 * @throws RuntimeError where the file is damaged; it says where
 * @throws BudgetError where the file would take more than a limit, which it names
 *
 * @example
 * ```ts
 * model.load_state_dict(torch.safetensors.load_file('model.safetensors'))
 * ```
 * @see https://huggingface.co/docs/safetensors/api/torch
 */
export const load_file = callable(LOAD_FILE, (filename, device, mmap, limits): Record<string, Tensor> => {
  if (typeof device === 'string') new Device(device)
  const file = new SafeOpen(path_of('load_file', filename, 'filename'), device, mmap, limits, 'load_file')
  try {
    return by_name(file.offset_keys().map((name) => [name, file.get_tensor(name)]))
  } finally {
    file.close()
  }
})

/**
 * The tensors of a safetensors file's bytes.
 *
 * @param data the bytes
 * @param limits what reading them may take, see `LoadLimits` of torch.serialization
 * @returns the tensors by name; they are copies
 * @throws RuntimeError where the bytes are damaged; it says where
 *
 * @example
 * ```ts
 * torch.safetensors.load(torch.safetensors.save({ x: torch.ones(2) })) // { x: tensor([1., 1.]) }
 * ```
 */
export const load = callable(
  signature(
    'load',
    { data: required<Uint8Array | ArrayBuffer>() },
    { limits: of_objects(keyword<LoadLimits | null>(null)) },
  ),
  (data, limits): Record<string, Tensor> => {
    const source = open_source('load', data, 'data', limits)
    const { tensors } = read_header(source)
    return by_name([...tensors].map(([name, info]) => [name, read_tensor(source, null, info)]))
  },
)

// Whole numbers keep their place among the names: an OrderedDict then.
function by_name(tensors: [string, Tensor][]): Record<string, Tensor> {
  return settle(new Dict(tensors)) as Record<string, Tensor>
}
