/** A message of protocol buffers while it is written: fields of the kinds that event files have. */
export class Message {
  readonly #parts: Uint8Array[] = []

  get bytes(): Uint8Array {
    return Buffer.concat(this.#parts)
  }

  #tag(field: number, wire: 0 | 1 | 2 | 5): void {
    this.#parts.push(varint(BigInt((field << 3) | wire)))
  }

  int(field: number, value: number | bigint): this {
    this.#tag(field, 0)
    this.#parts.push(varint(BigInt.asUintN(64, BigInt(value))))
    return this
  }

  double(field: number, value: number): this {
    this.#tag(field, 1)
    this.#parts.push(doubles([value]))
    return this
  }

  float(field: number, value: number): this {
    this.#tag(field, 5)
    const bytes = Buffer.alloc(4)
    bytes.writeFloatLE(value)
    this.#parts.push(bytes)
    return this
  }

  /** A text, bytes, or another message. */
  bytes_field(field: number, value: string | Uint8Array | Message): this {
    const bytes =
      typeof value === 'string' ? Buffer.from(value) : value instanceof Message ? value.bytes : value
    this.#tag(field, 2)
    this.#parts.push(varint(BigInt(bytes.length)), bytes)
    return this
  }

  packed_doubles(field: number, values: readonly number[]): this {
    return this.bytes_field(field, doubles(values))
  }
}

function doubles(values: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(8 * values.length)
  values.forEach((value, i) => {
    bytes.writeDoubleLE(value, 8 * i)
  })
  return bytes
}

function varint(value: bigint): Uint8Array {
  const bytes: number[] = []
  for (; value >= 128n; value >>= 7n) bytes.push(Number(value & 127n) | 128)
  bytes.push(Number(value))
  return Uint8Array.from(bytes)
}
