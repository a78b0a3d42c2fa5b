import { native } from '../native.js'
import { handle_of, type Tensor } from '../tensor.js'
import { bytes_at } from './read_storage.js'

/** A file that is memory: one storage, of which each record is a part. */
class Mapping {
  readonly #lengths = new Map<number, number>()
  // Where records begin, in order; null where there is a new one.
  #starts: Float64Array | null = null

  /** @param size bytes of the whole */
  constructor(readonly size: number) {}

  add(at: number, length: number): void {
    if (this.#lengths.get(at) === length) return
    this.#lengths.set(at, length)
    this.#starts = null
  }

  /** The record in which these bytes are. */
  find(first: number, last: number): { at: number; length: number } | undefined {
    this.#starts ??= Float64Array.from(this.#lengths.keys()).sort()
    let [low, high] = [0, this.#starts.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#starts[middle]! <= first) low = middle + 1
      else high = middle
    }
    const at = this.#starts[low - 1]
    const length = at === undefined ? undefined : this.#lengths.get(at)
    return at === undefined || length === undefined || last > at + length ? undefined : { at, length }
  }
}

// An entry whose mapping is gone does no harm: a part is used only where all of a tensor lies in it.
const by_address = new Map<number, WeakRef<Mapping>>()
const kept = new WeakMap<Tensor, Mapping>()

/** A record of a mapped file, as a row of bytes that {@link saved_part} knows as a storage of its own. */
export function mapped_record(whole: Tensor, at: number, length: number): Tensor {
  const [address, size] = native.storage(handle_of(whole))
  let mapping = by_address.get(address)?.deref()
  if (mapping?.size !== size) {
    for (const [old, reference] of by_address) if (reference.deref() === undefined) by_address.delete(old)
    mapping = new Mapping(size)
    by_address.set(address, new WeakRef(mapping))
  }
  mapping.add(at, length)
  const record = bytes_at(whole, at, length)
  kept.set(record, mapping)
  return record
}

/** A tensor over the same mapped file keeps what is known of it. */
export function keep_mapping(from: Tensor, to: Tensor): void {
  const mapping = kept.get(from)
  if (mapping !== undefined) kept.set(to, mapping)
}

/** What a file gets for a tensor's storage: all of it, or the record that the tensor was loaded from. */
export interface SavedPart {
  /** The same for tensors that share it. */
  readonly address: number
  readonly bytes: number
  /** The tensor's first element, counted from the part's beginning. */
  readonly offset: number
  /** A tensor whose storage is the part. */
  readonly whole: () => Tensor
}

export function saved_part(self: Tensor): SavedPart {
  const handle = handle_of(self)
  const [address, bytes] = native.storage(handle)
  const offset = native.storage_offset(handle)
  const mapping = by_address.get(address)?.deref()
  if (mapping?.size === bytes) {
    const first = offset * self.itemsize
    const last = first + extent(self) * self.itemsize
    const record = mapping.find(first, last)
    if (record !== undefined) {
      const { at, length } = record
      return {
        address: address + at,
        bytes: length,
        offset: (first - at) / self.itemsize,
        whole: () => bytes_at(self, at, length).clone(),
      }
    }
  }
  return { address, bytes, offset, whole: () => self }
}

// Elements of the storage from a tensor's first to its last.
function extent(self: Tensor): number {
  if (self.numel() === 0) return 0
  const stride = native.stride(handle_of(self))
  return self.shape.reduce((sum, size, i) => sum + (size - 1) * stride[i]!, 1)
}
