import { assign_own, own_value } from '../own.js'
import { optional } from '../python/parameters.js'
import { signature } from '../python/signature.js'

/** How tensors are printed. */
export interface PrintOptions {
  /** Digits after the point. Default: 4. */
  precision: number
  /** More elements than this are summarized. Default: 1000; `Infinity` prints all. */
  threshold: number
  /** How many items a summary shows at the beginning and the end of each dimension. Default: 3. */
  edgeitems: number
  /** Characters a line. Default: 80. */
  linewidth: number
  /** Whether numbers are written with an exponent; null leaves it to the numbers. Default: null. */
  sci_mode: boolean | null
}

/** Arguments of {@link set_printoptions}. */
export interface SetPrintOptions extends Partial<PrintOptions> {
  /** Values that go together: `'default'`, `'short'` (2 digits, 2 edge items) or `'full'` (never summarized). */
  profile?: 'default' | 'short' | 'full'
}

const DEFAULT: PrintOptions = { precision: 4, threshold: 1000, edgeitems: 3, linewidth: 80, sci_mode: null }
const PROFILES: Readonly<Record<string, Partial<PrintOptions>>> = {
  default: DEFAULT,
  short: { ...DEFAULT, precision: 2, edgeitems: 2 },
  full: { ...DEFAULT, threshold: Number.POSITIVE_INFINITY },
}

const current: PrintOptions = { ...DEFAULT }

/** The options in force; not to be changed by who reads them. */
export const print_options: Readonly<PrintOptions> = current

const NUMBER_OR_NULL = optional<number | null>(null)
const SET_PRINTOPTIONS = signature(
  'set_printoptions',
  { precision: NUMBER_OR_NULL },
  { threshold: NUMBER_OR_NULL },
  { edgeitems: NUMBER_OR_NULL },
  { linewidth: NUMBER_OR_NULL },
  { profile: optional<'default' | 'short' | 'full' | null>(null) },
  { sci_mode: optional<boolean | null>(null) },
)

/**
 * Sets how tensors are printed. What is not given stays as it is, but for `sci_mode`, which goes back to null.
 *
 * @param precision - digits after the point
 * @param threshold - more elements than this are summarized
 * @param edgeitems - items that a summary shows at each end of a dimension
 * @param linewidth - characters a line
 * @param profile - `'default'`, `'short'` or `'full'`; the other arguments override it
 * @param sci_mode - true or false for numbers with or without an exponent, null to choose by the numbers
 *
 * @example
 * ```ts
 * torch.set_printoptions({ precision: 2 })
 * console.log(torch.tensor([1.12345])) // tensor([1.12])
 * ```
 *
 * @see torch/_tensor_str.py
 */
export function set_printoptions(options?: SetPrintOptions): void
export function set_printoptions(
  precision?: number | null,
  threshold?: number | null,
  edgeitems?: number | null,
  linewidth?: number | null,
  profile?: 'default' | 'short' | 'full' | null,
  sci_mode?: boolean | null,
): void
export function set_printoptions(...args: unknown[]): void {
  const { profile, sci_mode, ...given } = SET_PRINTOPTIONS.take(args)
  if (profile !== null) assign_own(current, own_value(PROFILES, String(profile)))
  for (const [name, value] of Object.entries(given)) {
    if (value !== null && value !== undefined) assign_own(current, { [name]: value })
  }
  current.sci_mode = sci_mode
}

/**
 * The options for printing, as {@link set_printoptions} takes them.
 *
 * @see torch/_tensor_str.py
 */
export function get_printoptions(): PrintOptions {
  return { ...current }
}
