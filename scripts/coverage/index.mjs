// How much of PyTorch's public names is here: `npm run coverage -- --help`.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { repository } from '../generate/locate.mjs'
import { count_public, count_used, reasons } from './count.mjs'
import { coverage_page } from './page.mjs'

const command = new Command('npm run coverage --')
  .description(
    "Which of PyTorch's names reach an implementation here, and how much of their use that covers.",
  )
  .option('--group <name>', 'one group: torch, torch.Tensor, torch.nn.functional, …')
  .option('--absent <count>', 'how many absent names a group lists', '40')
  .option('--write', 'write docs/coverage.md')
/** @type {{ group?: string, absent: string, write?: true }} */
const { group: wanted, absent: shown, write } = command.parse().opts()

const used = count_used()
const whole = count_public()
if (wanted !== undefined && !used.has(wanted) && !whole.has(wanted)) {
  console.error(
    `there is no group ${wanted}; there are ${[...new Set([...used.keys(), ...whole.keys()])].join(', ')}`,
  )
  process.exit(2)
}

/** @param {Map<string, import('./count.mjs').Tally>} groups */
const chosen = (groups) => [...groups].filter(([group]) => wanted === undefined || group === wanted)

console.log('names that scripts use (present / names, share of uses):')
for (const [group, t] of chosen(used)) {
  const share = ((100 * t.covered) / Math.max(t.uses, 1)).toFixed(2)
  console.log(`  ${group}: ${t.present} / ${t.names}, ${share} %`)
  for (const { name, files } of t.absent.slice(0, Number(shown))) {
    const note = reasons.has(name) ? ` (${reasons.get(name)})` : ''
    console.log(`    ${name}: ${files} ${files === 1 ? 'file' : 'files'}${note}`)
  }
}
console.log('public names of PyTorch 2.13 (present / names):')
for (const [group, t] of chosen(whole)) {
  const absent = t.absent.filter(({ name }) => !reasons.has(name)).map(({ name }) => name)
  console.log(
    `  ${group}: ${t.present} / ${t.names}, ${t.absent.length - absent.length} left out with a reason`,
  )
  if (absent.length > 0) console.log(`    absent: ${absent.join(' ')}`)
}

if (write === true)
  writeFileSync(join(repository, 'docs', 'coverage.md'), coverage_page(used, whole, reasons))
