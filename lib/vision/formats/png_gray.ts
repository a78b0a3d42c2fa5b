import { runtime_error } from '../../errors.js'
import { view_of } from './bytes.js'

// Shares of red, green and blue, of 32768: libpng's for torchvision's 0.2989 and 0.587.
const [RED, GREEN, BLUE] = [9794, 19234, 3740]
const SRGB_GAMMA = 45455
const ONE = 100000

const significant = (gamma: number) => Math.abs(gamma - ONE) > 5000
const reciprocal = (gamma: number) => Math.floor(1e10 / gamma + 0.5)

function table_of(gamma: number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, i) =>
    significant(gamma) ? Math.floor(255 * (i / 255) ** (gamma / ONE) + 0.5) : i,
  )
}

/** Makes grey of red, green and blue. */
export type Gray = (r: number, g: number, b: number) => number

/** The gamma that a file's chunks name, times 100,000; undefined where they name none that counts. */
export function gamma_of(srgb: Uint8Array | undefined, gama: Uint8Array | undefined): number | undefined {
  if (srgb?.length === 1) return SRGB_GAMMA
  if (gama?.length !== 4) return undefined
  const gamma = view_of(gama).getUint32(0)
  return gamma > 0 && gamma < 2 ** 31 ? gamma : undefined
}

/**
 * Grey as libpng makes it for torchvision: what is grey already is left, and of a file that names its gamma, light is mixed
 * and not the values that stand for it.
 *
 * @param wide whether values have 16 bits
 * @throws RuntimeError for a gamma in a file of 16 bits, or one far from any display's
 */
export function png_gray(gamma: number | undefined, wide: boolean): Gray {
  const mix = (r: number, g: number, b: number, half: number) =>
    Math.floor((RED * r + GREEN * g + BLUE * b + half) / 32768)
  if (gamma === undefined || !(significant(gamma) || significant(reciprocal(gamma))))
    return (r, g, b) => (r === g && g === b ? r : mix(r, g, b, wide ? 16384 : 0))
  if (wide || gamma < 10000 || gamma > 1000000)
    throw runtime_error(
      `grey of a PNG of ${wide ? 16 : 8} bits that names the gamma ${gamma / ONE} is not read: ask for 'RGB'`,
    )
  const to_light = table_of(reciprocal(gamma))
  const from_light = table_of(reciprocal(reciprocal(gamma)))
  return (r, g, b) =>
    r === g && g === b ? r : from_light[mix(to_light[r]!, to_light[g]!, to_light[b]!, 16384)]!
}
