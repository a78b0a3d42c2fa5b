import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as torch from 'typetorch'

// NaN is not equal to itself: bytes are compared.
function text_of(value) {
  if (value instanceof torch.Tensor) {
    const bytes =
      value.numel() === 0
        ? ''
        : Buffer.from(value.contiguous().reshape(-1).view(torch.uint8).tolist()).toString('hex')
    return `${value.dtype} ${value.shape} ${bytes}`
  }
  return typeof value === 'bigint' || typeof value === 'number' ? `${value}` : JSON.stringify(value)
}

/** Where two states differ, by path. */
export function differences(a, b, path = '') {
  const entries = (value) => {
    if (value instanceof torch.Tensor || typeof value !== 'object' || value === null) return null
    return value instanceof Map ? new Map(value) : new Map(Object.entries(value))
  }
  const [own, other] = [entries(a), entries(b)]
  if (own === null || other === null) return text_of(a) === text_of(b) ? [] : [path]
  const keys = new Set([...own.keys(), ...other.keys()])
  return [...keys].flatMap((key) =>
    differences(own.get(key), other.get(key), path === '' ? `${key}` : `${path}.${key}`),
  )
}

/** What is wrong with a folder of checkpoints: each that the manifest names must have its hash, and be read. */
export function bad_checkpoints(folder) {
  const path = join(folder, 'manifest.json')
  if (!existsSync(path)) return []
  const { checkpoints } = JSON.parse(readFileSync(path, 'utf8'))
  const wrong = []
  for (const { file, sha256 } of checkpoints) {
    const whole = join(folder, file)
    // Pruned after the manifest was read by nobody: it must be there.
    if (!existsSync(whole)) wrong.push(`${file} is missing`)
    else if (createHash('sha256').update(readFileSync(whole)).digest('hex') !== sha256)
      wrong.push(`${file} has another hash`)
  }
  for (const file of readdirSync(folder).filter((name) => /^step-.*\.pt$/.test(name))) {
    try {
      torch.load(join(folder, file))
    } catch (error) {
      wrong.push(`${file}: ${error.message}`)
    }
  }
  for (const file of readdirSync(folder)) if (file.endsWith('.damaged')) wrong.push(`${file} was set aside`)
  return wrong
}

/** Whether the process was killed while it wrote. */
export function was_writing(folder) {
  return existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.tmp'))
}
