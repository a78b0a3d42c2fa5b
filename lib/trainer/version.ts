import { own_value } from '../own.js'

/** What a Trainer's states and manifests say they are. */
export const FORMAT = 'typetorch.trainer'

/** The version that this library writes; it reads all up to this. */
export const VERSION = 1

/** Whether something says that it is of this format, of any version. */
export function is_state(value: unknown): value is { format: string; version: number } {
  const [format, version] = [own_value(value, 'format'), own_value(value, 'version')]
  return format === FORMAT && typeof version === 'number'
}
