import type { Case } from '../folder.js'
import type { Bytes } from '../values.js'
import { run_case } from './cases.js'
import { run_checkpoint } from './checkpoints.js'
import { run_distribution } from './distributions.js'
import { run_error } from './errors.js'
import { run_initializer } from './initializers.js'
import { run_module } from './modules.js'
import { run_optimizer } from './optimizers.js'
import { run_printing } from './printing.js'
import { run_schedule } from './schedules.js'

/** Runs one recorded case: null, or its first difference. What it throws is a difference too. */
export type Runner = (recorded: Case, memory: Bytes, folder: string) => string | null | Promise<string | null>

/** A kind of case: how it is run, and the field that it is grouped by. */
export interface Kind {
  run: Runner
  group: string
}

export const kinds: Record<string, Kind> = {
  cases: { run: run_case, group: 'op' },
  modules: { run: run_module, group: 'module' },
  optimizers: { run: run_optimizer, group: 'optimizer' },
  errors: { run: run_error, group: 'op' },
  printing: { run: run_printing, group: 'name' },
  initializers: { run: run_initializer, group: 'initializer' },
  schedules: { run: run_schedule, group: 'scheduler' },
  distributions: { run: run_distribution, group: 'distribution' },
  checkpoints: { run: run_checkpoint, group: 'file' },
}
