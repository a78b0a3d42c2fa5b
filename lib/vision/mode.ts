/**
 * How an image's bytes are meant, in PIL's words: black and white (`'1'`, a byte of 0 or 255 each), grey (`'L'`, `'LA'`
 * with alpha), places in a palette (`'P'`, `'PA'`), grey of 16 bits (`'I;16'`; `'I;16B'` from files that have the most
 * significant byte first), whole numbers and floats of 32 bits (`'I'`, `'F'`), colours (`'RGB'`, `'RGBA'`), inks (`'CMYK'`).
 */
export type Mode = '1' | 'L' | 'P' | 'I;16' | 'I;16B' | 'I' | 'F' | 'LA' | 'PA' | 'RGB' | 'RGBA' | 'CMYK'

/** Modes that transforms of values take: 8 bits a channel, each of them light or alpha. */
export type ChannelMode = 'L' | 'LA' | 'RGB' | 'RGBA'

/** Channels and bytes of a pixel. */
export const PIXEL: Readonly<Record<Mode, { readonly channels: number; readonly bytes: number }>> =
  Object.freeze({
    '1': { channels: 1, bytes: 1 },
    L: { channels: 1, bytes: 1 },
    P: { channels: 1, bytes: 1 },
    'I;16': { channels: 1, bytes: 2 },
    'I;16B': { channels: 1, bytes: 2 },
    I: { channels: 1, bytes: 4 },
    F: { channels: 1, bytes: 4 },
    LA: { channels: 2, bytes: 2 },
    PA: { channels: 2, bytes: 2 },
    RGB: { channels: 3, bytes: 3 },
    RGBA: { channels: 4, bytes: 4 },
    CMYK: { channels: 4, bytes: 4 },
  })

/** Modes of 8 bits a channel, by the number of channels less one. */
export const CHANNEL_MODES: readonly ChannelMode[] = Object.freeze(['L', 'LA', 'RGB', 'RGBA'])

/** True for modes whose bytes are light or alpha, so that they can be blended and resampled. */
export function is_channel_mode(mode: Mode): mode is ChannelMode {
  return (CHANNEL_MODES as readonly Mode[]).includes(mode)
}

/** True for the name of a mode. */
export function is_mode(mode: unknown): mode is Mode {
  return typeof mode === 'string' && Object.hasOwn(PIXEL, mode)
}

/**
 * What a file says of transparency beside the pixels: one value or colour that is transparent, or, of a palette, the place
 * that is, or each place's alpha.
 */
export type Transparency = number | readonly [number, number, number] | Uint8Array

/** An image's parts beside its pixels. */
export interface Extras {
  /** Red, green and blue of each place, of modes `'P'` and `'PA'`. */
  readonly palette?: Uint8Array
  readonly transparency?: Transparency
}

/** What reading a file gives. */
export interface Raster extends Extras {
  readonly mode: Mode
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}
