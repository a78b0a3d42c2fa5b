/** A number in four digits, as short as it goes: `0.1234`, `1e-5`, `152`. */
export function short_text(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  if (Math.abs(value) >= 1000 && Math.abs(value) < 1e9) return String(Math.round(value))
  return String(Number(value.toPrecision(4)))
}

/** `name number` of each, with commas; the loss first. */
export function numbers_text(numbers: Readonly<Record<string, number>>): string {
  const entries = Object.entries(numbers)
  const loss_first = [
    ...entries.filter(([name]) => name === 'loss'),
    ...entries.filter(([name]) => name !== 'loss'),
  ]
  return loss_first.map(([name, value]) => `${name} ${short_text(value)}`).join(', ')
}

/** `m:ss`, from an hour on `h:mm:ss`, from a day on `2d 3h`. */
export function time_text(seconds: number): string {
  const whole = Math.round(seconds)
  const [s, m, h] = [whole % 60, Math.floor(whole / 60) % 60, Math.floor(whole / 3600)]
  const two = (value: number) => String(value).padStart(2, '0')
  if (h >= 24) return `${Math.floor(h / 24)}d ${h % 24}h`
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}
