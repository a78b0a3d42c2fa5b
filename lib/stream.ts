import { inspect } from 'node:util'
import { type Device, type DeviceLike, device } from './device.js'
import { type_error, type_name } from './errors.js'
import { expect_bool, expect_int } from './expect.js'
import { IDENTITY, next_identity } from './identity.js'
import { native, type RawEvent, type RawStream } from './native.js'
import { LOWERED } from './ops/lowered.js'
import { methods } from './python/methods.js'
import { optional } from './python/parameters.js'
import { type Call, type KeywordsOf, signature, type UsualCall } from './python/signature.js'

// Streams and events of any device. A processor has one stream, and nothing to wait for.

/** The text that the addon knows a device by; undefined for the current accelerator. */
export function device_text(where: DeviceLike | null | undefined): string | undefined {
  return where === null || where === undefined ? undefined : String(device(where))
}

function parts_of(stream: Stream | null | undefined, where: DeviceLike): RawStream {
  if (stream === null || stream === undefined) return native.stream_current(device_text(where), false)
  if (stream instanceof Stream) return stream._parts
  throw type_error(`argument 'stream' must be torch.Stream, not ${type_name(stream)}`)
}

const DEVICE = {
  /** Default: the current accelerator, or the processor. */
  device: optional<DeviceLike | null>(null),
}
const STREAM = signature('Stream', DEVICE, {
  /** Lower numbers are served first. Default: 0. */
  priority: optional(0, expect_int),
})
const EVENT = signature(
  'Event',
  DEVICE,
  {
    /** Whether {@link Event.elapsed_time} can be asked. Default: false. */
    enable_timing: optional(false, expect_bool),
  },
  {
    /** Accepted; waiting is LibTorch's own. */
    blocking: optional(false, expect_bool),
  },
  {
    /** Accepted; other processes do not see it. */
    interprocess: optional(false, expect_bool),
  },
)

/** Keywords of {@link Event}. */
export type EventOptions = KeywordsOf<typeof EVENT>

/**
 * A queue of work on a device: what is put into it is done in order, and beside what other streams do.
 *
 * @param device the device. Default: the current accelerator, or the processor
 * @param priority lower numbers are served first. Default: 0
 * @throws RuntimeError for a device that is not there
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * const stream = new torch.Stream({ device: 'cpu' })
 * stream.synchronize()
 * stream.query() // true: all is done
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.Stream.html
 */
export class Stream {
  static {
    methods(Stream, {
      query: '',
      synchronize: '',
      wait_event: 'event',
      wait_stream: 'stream',
      record_event: 'event?',
    })
  }

  /** @internal */
  readonly _parts: RawStream

  constructor(...args: Call<typeof STREAM>)
  constructor(...args: UsualCall<typeof STREAM>)
  constructor(...args: unknown[]) {
    const given = STREAM.take(args)
    this._parts = native.stream_new(device_text(given.device), given.priority)
  }

  get [LOWERED](): RawStream {
    return this._parts
  }
  get device(): Device {
    return device(this._parts[3])
  }
  get device_index(): number {
    return this._parts[1]
  }
  get device_type(): number {
    return this._parts[2]
  }
  get stream_id(): number {
    return Number(this._parts[0])
  }

  /** Whether all that was put into it is done. */
  query(): boolean {
    return native.stream_query(this._parts)
  }

  /** Waits until all that was put into it is done. */
  synchronize(): void {
    native.stream_synchronize(this._parts)
  }

  /** What is put into it from now on waits for the event. */
  wait_event(event: Event): void {
    event.wait(this)
  }

  /** What is put into it from now on waits for what the other has so far. */
  wait_stream(stream: Stream): void {
    this.wait_event(stream.record_event())
  }

  /** Puts an event into it, a new one where none is given, and returns it. */
  record_event(event: Event = new Event(this.device)): Event {
    event.record(this)
    return event
  }

  /** Whether both are the same stream of the same device. */
  equals(other: Stream): boolean {
    return this._parts.every((part, i) => part === other._parts[i])
  }
  /** The object itself: comparing by value does not go by the printed form. */
  valueOf(): this {
    return this
  }

  toString(): string {
    return `torch.Stream device_type=${this.device.type}, device_index=${this.device_index}, stream_id=${this.stream_id}`
  }
  [inspect.custom](): string {
    return this.toString()
  }
}

/**
 * A mark in a {@link Stream}: to wait for, or to measure time with.
 *
 * @throws RuntimeError for a device that is not there, or that has no events, as a processor where it is recorded
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.Event.html
 */
export class Event {
  /** @internal */
  readonly [IDENTITY]: string = next_identity()
  readonly #event: RawEvent

  static {
    methods(Event, {
      record: 'stream?',
      wait: 'stream?',
      query: '',
      synchronize: '',
      elapsed_time: 'end_event',
    })
  }

  constructor(...args: Call<typeof EVENT>)
  constructor(...args: UsualCall<typeof EVENT>)
  constructor(...args: unknown[]) {
    const given = EVENT.take(args)
    this.#event = native.event_new(device_text(given.device), given.enable_timing)
  }

  get device(): Device {
    return device(native.event_facts(this.#event)[0])
  }
  get event_id(): number {
    return Number(native.event_facts(this.#event)[3])
  }

  /** Puts it into a stream: the current one of its device by default. */
  record(stream?: Stream | null): void {
    native.event_record(this.#event, parts_of(stream, this.device))
  }

  /** What is put into the stream from now on waits for it. */
  wait(stream?: Stream | null): void {
    native.event_wait(this.#event, parts_of(stream, this.device))
  }

  /** Whether all that was before it is done. */
  query(): boolean {
    return native.event_query(this.#event)
  }

  /** Waits until all that was before it is done. */
  synchronize(): void {
    native.event_synchronize(this.#event)
  }

  /** Milliseconds from this event to a later one; both were made with `enable_timing`. */
  elapsed_time(end_event: Event): number {
    return native.event_elapsed(this.#event, end_event.#event)
  }
  /** The object itself: comparing by value does not go by the printed form. */
  valueOf(): this {
    return this
  }

  toString(): string {
    const [device, device_index, flag] = native.event_facts(this.#event)
    return `torch.Event device_type=${device.split(':')[0]}, device_index=${device_index}, event_flag=${flag}, event_id=${this.event_id}`
  }
  [inspect.custom](): string {
    return this.toString()
  }
}

/** Sets the stream that work goes to, and its device as the current one. */
export function set_current_stream(stream: Stream): void {
  native.stream_set(stream._parts)
}

/** The current stream of a device, as the class that is asked for. */
export function current_stream_of<T extends typeof Stream>(
  kind: T,
  where: DeviceLike | null | undefined,
  wants_default = false,
): InstanceType<T> {
  const parts = native.stream_current(device_text(where), wants_default)
  return Object.create(kind.prototype, { _parts: { value: parts, enumerable: true } }) as InstanceType<T>
}
