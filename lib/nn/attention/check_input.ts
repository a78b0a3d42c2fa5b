import { value_error } from '../../errors.js'
import type { Tensor } from '../../tensor.js'

/** PyTorch's checks of what attention is given, in its words. */
export function check_sdpa_input(query: Tensor, key: Tensor, value: Tensor): void {
  const all = [query, key, value] as const
  const [q, k, v] = all.map((x) => x.dtype)
  if (q !== k || q !== v)
    throw value_error(
      `Expected query, key, and value to have the same dtype, but got query.dtype: ${q}, key.dtype: ${k}, and value.dtype: ${v} instead.`,
    )
  const [q_device, k_device, v_device] = all.map((x) => String(x.device))
  if (q_device !== k_device || q_device !== v_device)
    throw value_error(
      `Expected query, key, and value to have the same device type, but got query.device: ${q_device}, key.device: ${k_device}, and value.device: ${v_device} instead.`,
    )
  if (all.some((x) => x.dim() < 2))
    throw value_error(
      `Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: ${query.dim()}, key.dim: ${key.dim()} and value.dim: ${value.dim()} instead.`,
    )
}
