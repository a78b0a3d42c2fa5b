import { run_step } from './report.mjs'
import { prepare } from './steps.mjs'

await run_step(prepare)
