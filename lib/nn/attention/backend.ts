import { EnumMember } from './member.js'

/**
 * A way in which LibTorch computes {@link torch.nn.functional.scaled_dot_product_attention}: see {@link sdpa_kernel}. A
 * processor has `MATH` and `FLASH_ATTENTION`.
 *
 * @example
 * ```ts
 * String(nn.attention.SDPBackend.MATH) // 'SDPBackend.MATH'
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.nn.attention.SDPBackend.html
 */
export class SDPBackend extends EnumMember {
  /** None could be found. */
  static readonly ERROR = new SDPBackend('ERROR', -1)
  /** Products and a softmax, each an operator. */
  static readonly MATH = new SDPBackend('MATH', 0)
  /** One kernel that never holds the scores as a whole. */
  static readonly FLASH_ATTENTION = new SDPBackend('FLASH_ATTENTION', 1)
  /** CUDA's memory-efficient kernel. */
  static readonly EFFICIENT_ATTENTION = new SDPBackend('EFFICIENT_ATTENTION', 2)
  /** cuDNN's kernel. */
  static readonly CUDNN_ATTENTION = new SDPBackend('CUDNN_ATTENTION', 3)
  /** That of a device which extends LibTorch. */
  static readonly OVERRIDEABLE = new SDPBackend('OVERRIDEABLE', 4)

  override toString(): string {
    return `SDPBackend.${this.name}`
  }
}
