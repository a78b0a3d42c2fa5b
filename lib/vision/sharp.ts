import type sharp from 'sharp'

let loaded: typeof sharp | undefined

/** What decodes and encodes image files: loaded only where a file is read or written. */
export async function load_sharp(): Promise<typeof sharp> {
  loaded ??= (await import('sharp')).default
  return loaded
}
