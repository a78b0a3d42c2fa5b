// A workload's step taken apart: how many operators it calls, and what JavaScript and crossings cost for each.
import { read_flags } from './child.js'
import { bind, cost_of_crossing, cost_of_timing, install, timing } from './timed_native.js'

install()
const torch = await import('typetorch')
const { make_workload } = await import('./workloads/index.js')

const flags = read_flags()
torch.set_num_threads(flags.threads)
torch.manual_seed(0)
const { step } = make_workload(flags.workload, flags.sizes)
for (let it = 0; it < flags.warmup; it++) step()
const timer = cost_of_timing()
const crossing_ms = cost_of_crossing(bind)

timing.on = true
const begin = performance.now()
for (let it = 0; it < flags.iterations; it++) step()
const whole_ms = performance.now() - begin
timing.on = false

const { operators, calls, inside_ms } = timing
const outside_ms = whole_ms - inside_ms - calls * timer.around_ms
console.log(
  JSON.stringify({
    operators: operators / flags.iterations,
    javascript_us: (outside_ms * 1000) / operators,
    crossing_us: (calls * crossing_ms * 1000) / operators,
    share: (outside_ms + calls * crossing_ms) / (whole_ms - calls * (timer.around_ms + timer.inside_ms)),
  }),
)
