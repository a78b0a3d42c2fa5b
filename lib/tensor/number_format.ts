const bits = new DataView(new ArrayBuffer(8))

/** |x| as whole · 2^exponent, exactly; x is finite. */
function decompose(x: number): { whole: bigint; exponent: number } {
  bits.setFloat64(0, x)
  const high = bits.getUint32(0)
  const biased = (high >>> 20) & 0x7ff
  const fraction = (BigInt(high & 0xfffff) << 32n) | BigInt(bits.getUint32(4))
  if (biased === 0) return { whole: fraction, exponent: -1074 }
  return { whole: fraction | (1n << 52n), exponent: biased - 1075 }
}

/** |x| · 10^digits to the nearest whole number, a tie to the even one: Python's rounding, which `toFixed` lacks. */
function scaled(x: number, digits: number): bigint {
  const { whole, exponent } = decompose(x)
  let numerator = whole
  let denominator = 1n
  if (digits >= 0) numerator *= 10n ** BigInt(digits)
  else denominator *= 10n ** BigInt(-digits)
  if (exponent >= 0) numerator <<= BigInt(exponent)
  else denominator <<= BigInt(-exponent)
  const quotient = numerator / denominator
  const twice = (numerator - quotient * denominator) * 2n
  if (twice > denominator || (twice === denominator && (quotient & 1n) === 1n)) return quotient + 1n
  return quotient
}

const is_negative = (x: number) => x < 0 || Object.is(x, -0)

function not_finite(x: number): string {
  if (Number.isNaN(x)) return 'nan'
  return x > 0 ? 'inf' : '-inf'
}

/** Python's `f'{x:.{precision}f}'`. */
export function format_fixed(x: number, precision: number): string {
  if (!Number.isFinite(x)) return not_finite(x)
  const sign = is_negative(x) ? '-' : ''
  const digits = scaled(x, precision).toString()
  if (precision === 0) return sign + digits
  const padded = digits.padStart(precision + 1, '0')
  return `${sign}${padded.slice(0, -precision)}.${padded.slice(-precision)}`
}

/** Python's `f'{x:.{precision}e}'`. */
export function format_scientific(x: number, precision: number): string {
  if (!Number.isFinite(x)) return not_finite(x)
  let exponent = 0
  let digits = '0'.repeat(precision + 1)
  if (x !== 0) {
    // The shortest text's exponent can be one too high, and rounding can carry into a digit more.
    exponent = Number(x.toExponential().split('e')[1])
    if (scaled(x, precision - exponent) < 10n ** BigInt(precision)) exponent--
    digits = scaled(x, precision - exponent).toString()
    if (digits.length > precision + 1) {
      exponent++
      digits = digits.slice(0, -1)
    }
  }
  const mantissa = precision === 0 ? digits : `${digits[0]}.${digits.slice(1)}`
  const power = String(Math.abs(exponent)).padStart(2, '0')
  return `${is_negative(x) ? '-' : ''}${mantissa}e${exponent < 0 ? '-' : '+'}${power}`
}

/** C's `%.{precision}g`: the shorter of the two, without zeros at the end. */
export function format_general(x: number, precision: number): string {
  if (!Number.isFinite(x)) return not_finite(x)
  const scientific = format_scientific(x, precision - 1)
  const exponent = Number(scientific.split('e')[1])
  const bare = (text: string) => (text.includes('.') ? text.replace(/\.?0+$/, '') : text)
  if (exponent >= -4 && exponent < precision) return bare(format_fixed(x, precision - 1 - exponent))
  const [mantissa, power] = scientific.split('e')
  return `${bare(mantissa!)}e${power}`
}
