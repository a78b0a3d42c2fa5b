import type { DeviceLike } from '../device.js'
import { optional, required } from '../python/parameters.js'
import { callable, type KeywordsOf, signature } from '../python/signature.js'
import { Dict, settle } from '../serialization/dict.js'
import { open_source } from '../serialization/source.js'
import type { Tensor } from '../tensor.js'
import { read_header } from './header.js'
import { read_tensor } from './read_tensor.js'
import { safe_open } from './safe_open.js'

const LOAD_FILE = signature(
  'load_file',
  { filename: required<string | URL>() },
  {
    /** Where the tensors are put. Default: `'cpu'`. */
    device: optional<DeviceLike>('cpu'),
  },
)

/** Options of {@link load_file}. */
export type LoadFileOptions = Pick<KeywordsOf<typeof LOAD_FILE>, 'device'>

/**
 * Loads all tensors of a safetensors file. On the CPU they are the file's own memory, read when they are used first;
 * changes never go to the file.
 *
 * @param filename path of the file
 * @param device where the tensors are put. Default: 'cpu'
 * @returns the tensors by name, in the order of their bytes
 * @throws RuntimeError where the file is damaged; it says where
 *
 * @example
 * ```ts
 * model.load_state_dict(torch.safetensors.load_file('model.safetensors'))
 * ```
 * @see https://huggingface.co/docs/safetensors/api/torch
 */
export const load_file = callable(LOAD_FILE, (filename, device): Record<string, Tensor> => {
  const file = safe_open(filename, 'pt', device)
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
 * @returns the tensors by name; they are copies
 * @throws RuntimeError where the bytes are damaged; it says where
 *
 * @example
 * ```ts
 * torch.safetensors.load(torch.safetensors.save({ x: torch.ones(2) })) // { x: tensor([1., 1.]) }
 * ```
 */
export const load = callable(
  signature('load', { data: required<Uint8Array | ArrayBuffer>() }),
  (data): Record<string, Tensor> => {
    const source = open_source('load', data, 'data')
    const { tensors } = read_header(source)
    return by_name([...tensors].map(([name, info]) => [name, read_tensor(source, null, info)]))
  },
)

// Whole numbers keep their place among the names: an OrderedDict then.
function by_name(tensors: [string, Tensor][]): Record<string, Tensor> {
  return settle(new Dict(tensors)) as Record<string, Tensor>
}
