import { cpus } from 'node:os'
import type { Device } from 'typetorch'
import * as torch from 'typetorch'
import { fail } from './options.js'

/** The device of that name; one that this machine lacks gets one sentence and exit code 2. */
export function find_device(name: string): Device {
  try {
    const device = torch.device(name)
    torch.zeros(1, { device })
    return device
  } catch (error) {
    fail(`no device '${name}': ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`)
  }
}

/** What a run's numbers and seconds depend on. */
export function versions(): Record<string, string | number> {
  return {
    typetorch: torch.version.typetorch,
    torch: torch.__version__,
    node: process.versions.node,
    processor: cpus()[0]?.model ?? 'unknown',
    cpu_capability: torch.backends.cpu.get_cpu_capability(),
    threads: torch.get_num_threads(),
  }
}
