import { float64 } from '../../dtype.js'
import { type_error, type_name, value_error } from '../../errors.js'
import { Tensor } from '../../tensor.js'
import { Message } from './protobuf.js'

/** What stands for the values of a histogram. */
export type HistogramValues = Tensor | ArrayLike<number>

const plugin = (name: string, content: Uint8Array) =>
  new Message().bytes_field(1, new Message().bytes_field(1, name).bytes_field(2, content))

const summary = (tag: string, fill: (value: Message) => void): Message => {
  const value = new Message().bytes_field(1, tag)
  fill(value)
  return new Message().bytes_field(5, new Message().bytes_field(1, value))
}

export function number_in(value: number | bigint | Tensor): number {
  if (typeof value === 'number') return value
  return Number(value instanceof Tensor ? value.item() : value)
}

export function scalar(tag: string, value: number): Message {
  return summary(tag, (message) => message.float(2, value))
}

/** Limits of buckets that grow by a tenth, from 1e-12 to 1e20, on both sides of 0. */
function default_limits(): number[] {
  const positive: number[] = []
  for (let limit = 1e-12; limit < 1e20; limit *= 1.1) positive.push(limit)
  return [...positive.map((limit) => -limit).reverse(), 0, ...positive]
}

function limits_for(bins: number | 'tensorflow' | readonly number[], min: number, max: number): number[] {
  if (bins === 'tensorflow') return default_limits()
  if (typeof bins !== 'number') return [...bins]
  const [low, high] = min === max ? [min - 0.5, max + 0.5] : [min, max]
  return Array.from({ length: bins + 1 }, (_, i) => (i === bins ? high : low + ((high - low) * i) / bins))
}

/** Where a value belongs: the last limit that it reaches; the last bucket has its upper limit too. */
function bucket_of(limits: readonly number[], value: number): number {
  let [low, high] = [0, limits.length - 1]
  if (!(value >= limits[low]! && value <= limits[high]!)) return -1
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (value >= limits[middle]!) low = middle
    else high = middle
  }
  return low
}

export function histogram(
  tag: string,
  given: HistogramValues,
  bins: number | 'tensorflow' | readonly number[],
): Message {
  const values =
    given instanceof Tensor
      ? (given.detach().to('cpu', float64).reshape(-1).tolist() as number[])
      : Array.from(given)
  if (values.length === 0) throw value_error('The input has no element.')
  const [min, max] = values.reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  )
  const limits = limits_for(bins, min, max)
  const counts = new Array<number>(limits.length - 1).fill(0)
  for (const value of values) {
    const bucket = bucket_of(limits, value)
    if (bucket >= 0) counts[bucket]!++
  }
  const first = counts.findIndex((count) => count > 0)
  if (first < 0) throw value_error('add_histogram(): no value lies within the limits of its buckets')
  const end = counts.findLastIndex((count) => count > 0) + 1
  // Only right limits are written: an empty bucket before the first says where that begins.
  const message = new Message()
    .double(1, min)
    .double(2, max)
    .double(3, values.length)
    .double(
      4,
      values.reduce((sum, value) => sum + value, 0),
    )
    .double(
      5,
      values.reduce((sum, value) => sum + value * value, 0),
    )
    .packed_doubles(6, limits.slice(first, end + 1))
    .packed_doubles(7, [0, ...counts.slice(first, end)])
  return summary(tag, (value) => value.bytes_field(5, message))
}

export function image(
  tag: string,
  png: Uint8Array,
  [height, width, channels]: [number, number, number],
): Message {
  const message = new Message().int(1, height).int(2, width).int(3, channels).bytes_field(4, png)
  return summary(tag, (value) => value.bytes_field(4, message))
}

export function text(tag: string, content: string): Message {
  const STRING = 7
  const shape = new Message().bytes_field(2, new Message().int(1, 1))
  const tensor = new Message().int(1, STRING).bytes_field(2, shape).bytes_field(8, content)
  // The version of the plugin's data, 0, is a message without fields.
  return summary(`${tag}/text_summary`, (value) =>
    value.bytes_field(9, plugin('text', new Uint8Array())).bytes_field(8, tensor),
  )
}

/** Hyper-parameters by name. */
export type HParams = Readonly<Record<string, number | string | boolean | Tensor>>

/** The three events that describe a run's hyper-parameters. */
export function hparams(given: HParams, metrics: readonly string[]): Message[] {
  const start = new Message()
  const experiment = new Message()
  for (const [name, value] of Object.entries(given)) {
    const kind =
      typeof value === 'string'
        ? 1
        : typeof value === 'boolean'
          ? 2
          : typeof value === 'number' || value instanceof Tensor
            ? 3
            : null
    if (kind === null)
      throw type_error(
        `add_hparams(): '${name}' must be a number, string, boolean or Tensor, not ${type_name(value)}`,
      )
    const held = new Message()
    if (typeof value === 'string') held.bytes_field(3, value)
    else if (typeof value === 'boolean') held.int(4, Number(value))
    else held.double(2, number_in(value))
    start.bytes_field(1, new Message().bytes_field(1, name).bytes_field(2, held))
    experiment.bytes_field(4, new Message().bytes_field(1, name).int(4, kind))
  }
  for (const tag of metrics)
    experiment.bytes_field(5, new Message().bytes_field(1, new Message().bytes_field(2, tag)))
  const SUCCESS = 1
  const one = (tag: string, field: number, content: Message) =>
    summary(tag, (value) =>
      value.bytes_field(9, plugin('hparams', new Message().bytes_field(field, content).bytes)),
    )
  return [
    one('_hparams_/experiment', 2, experiment),
    one('_hparams_/session_start_info', 3, start),
    one('_hparams_/session_end_info', 4, new Message().int(1, SUCCESS)),
  ]
}
