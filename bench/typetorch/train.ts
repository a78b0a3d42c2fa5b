// A workload in training, synchronous, with no dispose and no scope: µs a step, the last loss, peak memory.
import * as torch from 'typetorch'
import { peak_megabytes, read_flags } from './child.js'
import { make_workload } from './workloads/index.js'

const flags = read_flags()
torch.set_num_threads(flags.threads)
torch.manual_seed(0)
const { step } = make_workload(flags.workload, flags.sizes)
for (let it = 0; it < flags.warmup; it++) step()
const start = performance.now()
let loss = Number.NaN
for (let it = 0; it < flags.iterations; it++) loss = step()
const us = ((performance.now() - start) * 1000) / flags.iterations
console.log(JSON.stringify({ us, loss, peak_mb: peak_megabytes() }))
