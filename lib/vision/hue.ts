import { Image } from './image.js'

const single = Math.fround
const clip = (value: number) => Math.min(255, Math.max(0, Math.trunc(value)))

// PIL's arithmetic is in float32, with single steps in doubles.
function to_hsv(r: number, g: number, b: number): [number, number, number] {
  const greatest = Math.max(r, g, b)
  const least = Math.min(r, g, b)
  if (greatest === least) return [0, 0, greatest]
  const range = single(greatest - least)
  const s = single(range / greatest)
  const [rc, gc, bc] = [r, g, b].map((part) => single((greatest - part) / range)) as [number, number, number]
  let h: number
  if (r === greatest) h = single(bc - gc)
  else if (g === greatest) h = single(2 + rc - bc)
  else h = single(4 + gc - rc)
  h = single((h / 6 + 1) % 1)
  return [clip(h * 255), clip(s * 255), greatest]
}

function to_rgb(h: number, s: number, v: number): [number, number, number] {
  if (s === 0) return [v, v, v]
  const at = single((h * 6) / 255)
  const i = Math.floor(at)
  const f = single(at - i)
  const fs = single(s / 255)
  const part = (share: number) => clip(Math.round(single(share)))
  const p = part(v * (1 - fs))
  const q = part(v * (1 - fs * f))
  const t = part(v * (1 - fs * (1 - f)))
  const choices: [number, number, number][] = [
    [v, t, p],
    [q, v, p],
    [p, v, t],
    [p, q, v],
    [t, p, v],
    [v, p, q],
  ]
  return choices[i % 6]!
}

/** An image whose hues, 256 around the circle, are moved by a share of it. */
export function shift_hue(image: Image, hue_factor: number): Image {
  const shift = Math.trunc(hue_factor * 255)
  const { channels } = image
  const data = image.data.slice()
  for (let i = 0; i < data.length; i += channels) {
    const [h, s, v] = to_hsv(data[i]!, data[i + 1]!, data[i + 2]!)
    const [r, g, b] = to_rgb((h + shift) & 255, s, v)
    data[i] = r
    data[i + 1] = g
    data[i + 2] = b
    // PIL's way through HSV loses alpha.
    if (channels === 4) data[i + 3] = 255
  }
  return new Image(image.mode, image.width, image.height, data)
}
