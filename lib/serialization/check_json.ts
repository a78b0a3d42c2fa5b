import type { Budget } from './budget.js'

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a]
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d]
// What V8 takes for a container and for what is in it.
const CONTAINER_BYTES = 96
const VALUE_BYTES = 40

/** Counts the values of a text in JSON before it is parsed. Containers directly in the outermost are records. */
export function check_json(bytes: Uint8Array, budget: Budget): void {
  budget.read_json(bytes.length)
  let [depth, deepest, containers, values, records] = [0, 0, 0, 1, 0]
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case QUOTE:
        for (at++; at < bytes.length && bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at++
        break
      case OPEN_LIST:
      case OPEN_OBJECT:
        containers++
        if (++depth > deepest) deepest = depth
        if (depth === 2) records++
        break
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        depth--
        break
      case COMMA:
      case COLON:
        values++
    }
  }
  budget.check_depth(deepest)
  budget.take('records', records)
  budget.take('objects', values + containers)
  budget.take_heap(containers * CONTAINER_BYTES + values * VALUE_BYTES + bytes.length)
}
