export function differences(a: unknown, b: unknown, path?: string): string[]
export function bad_checkpoints(folder: string): string[]
export function was_writing(folder: string): boolean
