import { runtime_error } from '../errors.js'
import * as ops from '../ops/generated/torch.js'
import { optional, optional_tensor, required, tensor } from '../python/parameters.js'
import { callable, signature } from '../python/signature.js'
import type { Tensor } from '../tensor.js'

const LENGTH = optional<number | null>(null)
const CHOICE = optional<boolean | null>(null)

/**
 * The short-time Fourier transform: the spectrum of each of a signal's overlapping windows.
 *
 * @param input - (L) or (N, L)
 * @param n_fft - the size of each transform
 * @param hop_length - the steps of the window. Default: a quarter of `n_fft`
 * @param win_length - the size of the window. Default: `n_fft`
 * @param window - its factors. Default: ones
 * @param center - whether the signal is padded so that windows are centered at their steps. Default: true
 * @param pad_mode - how it is padded. Default: `'reflect'`
 * @param normalized - whether the result is divided by the square root of `n_fft`. Default: false
 * @param onesided - whether only the half that determines the other is given. Default: true for real signals
 * @param return_complex - whether the result is complex. Needed for real signals
 * @param align_to_window - whether frames begin with the window, where `center` is false
 * @throws RuntimeError where lengths do not fit, or for `align_to_window` with `center`
 * @see torch/functional.py
 */
export const stft = callable(
  signature(
    'stft',
    { input: tensor },
    { n_fft: required<number>() },
    { hop_length: LENGTH },
    { win_length: LENGTH },
    { window: optional_tensor },
    { center: optional(true) },
    { pad_mode: optional('reflect') },
    { normalized: optional(false) },
    { onesided: CHOICE },
    { return_complex: CHOICE },
    { align_to_window: CHOICE },
  ),
  (input, n_fft, hop, win, window, center, pad_mode, normalized, onesided, return_complex, align): Tensor => {
    if (center && align !== null)
      throw runtime_error('stft align_to_window should only be set when center = false', 'stft')
    return ops.stft(
      input,
      n_fft,
      hop,
      win,
      window,
      center,
      pad_mode,
      normalized,
      onesided,
      return_complex,
      align,
    )
  },
)
