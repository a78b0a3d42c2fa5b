/**
 * Puts names on Object.prototype, and one on Array.prototype, as other libraries do.
 *
 * @param {string} how `'none'`, or what the names stand for: `'zeros'` and `'texts'` that loops list, or `'methods'`
 * @param {string[]} names
 */
export function pollute(how, names) {
  if (how === 'none') return
  Array.prototype.extra = 'stranger'
  const stranger = () => 'stranger'
  for (const name of names)
    if (how === 'methods')
      Object.defineProperty(Object.prototype, name, { value: stranger, writable: true, configurable: true })
    else Object.prototype[name] = how === 'zeros' ? 0 : 'stranger'
}
