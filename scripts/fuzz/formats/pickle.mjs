// Pickles as lists of instructions.

import { items, number, uint } from '../bytes.mjs'

// Bytes of an instruction's argument; a string for a length of so many bytes and what it measures, or for lines.
const ARGUMENTS = {
  66: 'length 4', 67: 'length 1', 71: 8, 74: 4, 75: 1, 77: 2, 84: 'length 4', 85: 'length 1', 88: 'length 4', 99: 'lines', 104: 1, 106: 4, 113: 1, 114: 4, 128: 1, 138: 'length 1', 139: 'length 4', 140: 'length 1', 141: 'length 8', 142: 'length 8', 149: 8, 150: 'length 8' } // biome-ignore format: a table
const STOP = 0x2e
const PLAIN = [...'()0123NQRabestu]}'].map((letter) => letter.charCodeAt(0)).concat(0x81, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8f, 0x90, 0x91, 0x93, 0x94) // biome-ignore format: one line

const GLOBALS = [
  'collections\nOrderedDict', 'collections\nCounter', 'torch\nSize', 'torch\ndevice', '__builtin__\nset', '__builtin__\ncomplex', '__builtin__\nbytearray', '_codecs\nencode', 'torch.serialization\n_get_layout', 'torch.storage\nTypedStorage', 'torch.storage\nUntypedStorage', 'torch._utils\n_rebuild_tensor', 'torch._utils\n_rebuild_tensor_v2', 'torch._utils\n_rebuild_tensor_v3', 'torch._utils\n_rebuild_parameter', 'torch._utils\n_rebuild_parameter_with_state', 'torch._utils\n_rebuild_qtensor', 'torch._utils\n_rebuild_sparse_tensor', 'torch._utils\n_rebuild_nested_tensor', 'torch._utils\n_rebuild_meta_tensor_no_storage', 'torch._utils\n_rebuild_device_tensor_from_cpu_tensor', 'torch._tensor\n_rebuild_from_type_v2', 'torch.nn.parameter\nParameter', 'torch\nTensor', 'torch\nFloatTensor', 'torch\nByteTensor', 'torch.sparse\nFloatTensor', 'torch\nfloat32', 'torch\nqint8', 'torch\nper_tensor_affine', 'torch\nper_channel_affine', 'torch\nFloatStorage', 'torch\nQInt8Storage', 'torch\nComplexFloatStorage', 'os\nsystem'] // biome-ignore format: a list

/** The instructions of a pickle, as bytes each, and where it ends. */
export function parse(bytes, start = 0) {
  const found = []
  let at = start
  while (at < bytes.length) {
    const op = bytes[at]
    const argument = ARGUMENTS[op] ?? 0
    let size = 1
    if (argument === 'lines') size = bytes.indexOf(10, bytes.indexOf(10, at) + 1) + 1 - at
    else if (typeof argument === 'string') {
      const width = Number(argument.slice(7))
      size = 1 + width + Number(bytes.readUIntLE(at + 1, Math.min(6, width)))
    } else size = 1 + argument
    found.push(bytes.subarray(at, at + size))
    at += size
    if (op === STOP) break
  }
  return { instructions: found, end: at }
}

function changed(dice, instruction) {
  const op = instruction[0]
  const argument = ARGUMENTS[op] ?? 0
  if (argument === 'lines') return Buffer.from(`c${dice.pick(GLOBALS)}\n`)
  if (typeof argument === 'string') {
    const width = Number(argument.slice(7))
    const inner = Buffer.from(instruction.subarray(1 + width))
    if (dice.chance(0.3))
      return Buffer.concat([Buffer.from([op]), uint(number(dice, inner.length), width), inner])
    if (inner.length > 0) inner[dice.below(inner.length)] = dice.below(256)
    return Buffer.concat([instruction.subarray(0, 1 + width), inner])
  }
  if (argument === 0) return Buffer.from([dice.pick(PLAIN)])
  // Small numbers become large ones where the instruction has no room.
  if (op !== 0x47 && dice.chance(0.3)) return Buffer.concat([Buffer.from([0x8a, 8]), uint(number(dice), 8)])
  const old = instruction.readUIntLE(1, Math.min(6, argument))
  return Buffer.concat([Buffer.from([op]), uint(number(dice, old), argument)])
}

/** A mutated pickle. */
export function mutate(dice, bytes, other = bytes) {
  const own = parse(bytes).instructions
  const body = own.slice(1, -1)
  const mutated = items(dice, body, (one) => changed(dice, one), parse(other).instructions.slice(1, -1))
  return Buffer.concat([own[0] ?? Buffer.alloc(0), ...mutated, Buffer.from([STOP])])
}
