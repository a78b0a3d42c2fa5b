/** @typedef {import('./count.mjs').Tally} Tally */

/**
 * docs/coverage.md.
 *
 * @param {Map<string, Tally>} used
 * @param {Map<string, Tally>} whole
 * @param {Map<string, string>} reasons
 */
export function coverage_page(used, whole, reasons) {
  const share = (/** @type {Tally} */ t) => ((100 * t.covered) / Math.max(t.uses, 1)).toFixed(1)
  /** @type {Map<string, string[]>} */
  const by_reason = new Map()
  for (const [name, reason] of reasons) by_reason.set(reason, [...(by_reason.get(reason) ?? []), name])
  return `# Which of PyTorch's names are here

Written by \`npm run coverage -- --write\`; \`npm run coverage\` prints every absent name. A name counts as present where
calling it reaches an implementation.

## Public names of PyTorch 2.13

| Module | Present | Names | Left out, with a reason below |
| --- | ---: | ---: | ---: |
${[...whole].map(([group, t]) => `| \`${group}\` | ${t.present} | ${t.names} | ${t.absent.filter(({ name }) => reasons.has(name)).length} |`).join('\n')}

## Names that scripts use

Of 25 public repositories: how many of the names that they use are here, and how much of their use that covers.

| Group | Present | Names | Share of uses, % |
| --- | ---: | ---: | ---: |
${[...used].map(([group, t]) => `| \`${group}\` | ${t.present} | ${t.names} | ${share(t)} |`).join('\n')}

## What is left out, and why

${[...by_reason].map(([reason, names]) => `- **${reason}.** ${names.map((name) => `\`${name}\``).join(', ')}`).join('\n')}
`
}
