export * from '../repr.js'

/** Indents all lines but the first, as a module's children are printed; empty lines stay empty. */
export function add_indent(text: string, spaces: number): string {
  const [first = '', ...rest] = text.split('\n')
  return [first, ...rest.map((line) => (line.trim() ? ' '.repeat(spaces) + line : ''))].join('\n')
}
