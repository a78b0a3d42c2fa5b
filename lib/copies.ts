import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

// Two copies of the package in one process, as package managers bring them, are two libraries: an object of one is
// nothing to the other. Each says where it was loaded from, on its classes and for all to see.

interface Copy {
  readonly folder: string
}

const COPY = Symbol.for('typetorch.copy')
const COPIES = Symbol.for('typetorch.copies')

// dist/library.cjs, or a file of lib/ itself.
const here: Copy = { folder: dirname(dirname(fileURLToPath(import.meta.url))) }

/**
 * Notes that this copy is loaded, and warns where another folder's is: once for each two. Frameworks that load a module
 * anew for each test file load the same folder's, of which nobody has to hear.
 */
export function announce_copy(): void {
  const all = ((globalThis as Record<symbol, unknown>)[COPIES] ??= []) as string[]
  if (all.includes(here.folder)) return
  for (const other of all)
    process.emitWarning(
      `typetorch is loaded twice in this process, from ${other} and from ${here.folder}: tensors, modules and other ` +
        'objects of one are refused by the other. npm ls typetorch shows why there are two.',
      { code: 'TYPETORCH_TWO_COPIES' },
    )
  all.push(here.folder)
}

/** Marks classes as this copy's. */
export function mark_classes(classes: readonly { readonly prototype: object }[]): void {
  for (const { prototype } of classes) Object.defineProperty(prototype, COPY, { value: here })
}

/** The name that errors give an object made by another copy of the package; undefined for all other values. */
export function foreign_name(value: unknown): string | undefined {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined
  const copy = (value as { [COPY]?: Copy })[COPY]
  if (copy === undefined || copy === here) return undefined
  const name = (value as object).constructor?.name ?? 'object'
  return copy.folder === here.folder
    ? `${name} of another load of typetorch (both of ${here.folder}: import it in one way only)`
    : `${name} of another copy of typetorch (this one is in ${here.folder}, that one in ${copy.folder}; npm ls typetorch shows why there are two)`
}
