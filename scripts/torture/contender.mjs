// One of those that want a folder of checkpoints: it notes when it has the folder, and each save, at the end of a file that
// all of them share. Arguments: folder, steps, journal, its name. Exit codes: 0 trained to the end, 3 refused the folder.

import { appendFileSync } from 'node:fs'
import { train } from './program.mjs'

const [folder, steps, journal, name] = process.argv.slice(2)
const note = (text) => appendFileSync(journal, `${name} ${text}\n`)
const witness = {
  on_fit_start({ global_step }) {
    note(`holds ${global_step}`)
    process.stdout.write('holds\n')
  },
  on_checkpoint_save: (_trainer, { step }) => note(`saved ${step}`),
}
try {
  await train(folder, Number(steps), [witness])
} catch (error) {
  if (!/is in use by another Trainer/.test(error.message)) throw error
  process.exit(3)
}
