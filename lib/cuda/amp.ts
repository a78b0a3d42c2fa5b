import { device_autocast_function } from '../amp/autocast_mode.js'
import * as amp from '../amp/custom.js'
import { device_grad_scaler } from '../amp/device_grad_scaler.js'
import { type DType, float16 } from '../dtype.js'
import { keyworded } from '../python/methods.js'
import { warn_once } from '../warn.js'

// torch.cuda.amp, which PyTorch keeps for old scripts.

export { amp_definitely_not_available } from '../amp/autocast_mode.js'

/** Deprecated: `torch.amp.autocast('cuda', …)`. */
export const autocast = device_autocast_function('cuda', float16)

/** Deprecated: `new torch.amp.GradScaler('cuda', …)`. */
export const GradScaler = device_grad_scaler('cuda')

const warn = (name: string) =>
  warn_once(
    `\`torch.cuda.amp.${name}(args...)\` is deprecated. Please use \`torch.amp.${name}(args..., device_type='cuda')\` instead.`,
    'FutureWarning',
  )

/** Deprecated: `torch.amp.custom_fwd(fwd, { device_type: 'cuda' })`. */
export const custom_fwd = keyworded('custom_fwd(fwd?, *, cast_inputs?)', own_custom_fwd)

function own_custom_fwd<C extends object, A extends unknown[], R>(
  fwd: amp.WithContext<C, A, R>,
  options?: { cast_inputs?: DType | null },
): amp.WithContext<C, A, R>
function own_custom_fwd(options?: {
  cast_inputs?: DType | null
}): <C extends object, A extends unknown[], R>(fwd: amp.WithContext<C, A, R>) => amp.WithContext<C, A, R>
function own_custom_fwd(fwd: unknown = null, cast_inputs: unknown = null): unknown {
  warn('custom_fwd')
  return amp.custom_fwd(fwd as amp.WithContext<object, unknown[], unknown>, {
    device_type: 'cuda',
    cast_inputs: cast_inputs as DType | null,
  })
}

/** Deprecated: `torch.amp.custom_bwd(bwd, { device_type: 'cuda' })`. */
export const custom_bwd = keyworded(
  'custom_bwd(bwd)',
  <C extends object, A extends unknown[], R>(bwd: amp.WithContext<C, A, R>): amp.WithContext<C, A, R> => {
    warn('custom_bwd')
    return amp.custom_bwd(bwd, { device_type: 'cuda' })
  },
)
