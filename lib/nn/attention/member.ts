import { inspect } from 'node:util'

/** One of a few named values, as a member of Python's enum: it has a name and a number, and prints as Python's. */
export abstract class EnumMember {
  protected constructor(
    readonly name: string,
    readonly value: number,
  ) {}

  valueOf(): number {
    return this.value
  }

  [inspect.custom](): string {
    return `<${this.constructor.name}.${this.name}: ${this.value}>`
  }
}
